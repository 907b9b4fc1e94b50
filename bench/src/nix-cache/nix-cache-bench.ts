import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodeNix32 } from '@joh/nix-cache';
import { temporaryFolder } from '@joh/testkit';
import { settledMemory } from '../agent/settled-memory.ts';
import type { Bench, BenchContext, Figure } from '../bench.ts';
import { startNginx } from '../nginx.ts';
import { median } from '../statistics.ts';
import { archiveOf } from './archive.ts';
import { type CacheServer, fillCache, startCache } from './cache-server.ts';
import { closedLoop, type Load } from './closed-loop.ts';
import { buildClosure, closureMegabytes, timeCopy } from './nix-copy.ts';

const rounds = 5;
const pathsAll = 100_000;
/** Asked for in turn; few enough that nginx's files stay in the page cache, as in a real one. */
const pathsAsked = 1_000;
const narInfo = { requests: 20_000, connections: 16 };
const nars = [
  { name: '64 KB', bytes: 64 * 1024, requests: 10_000, connections: 8 },
  { name: '1 MB', bytes: 2 ** 20, requests: 800, connections: 4 },
  { name: '16 MB', bytes: 16 * 2 ** 20, requests: 60, connections: 2 },
];

export const nixCacheBench: Bench = {
  name: 'nix-cache',
  summary: 'The Nix cache against nginx with static files, and nix copy to it against a folder.',
  async run(context) {
    const folder = await temporaryFolder('joh-bench');
    context.cleanUp(folder.remove);
    const data = join(folder.path, 'data');
    context.say(`${pathsAll} paths`);
    const hashes = await fillCache(data, pathsAll);
    let cache = await startCache(context, data);
    const memory = await settledMemory(context, cache.pid);
    const files = join(folder.path, 'static');
    const lines = await publish(cache, files, hashes.slice(0, pathsAsked));
    // The threads that verified what was published are gone again after this.
    await cache.end();
    cache = await startCache(context, data);
    const nginx = await startNginx(
      context,
      `root ${files}; sendfile on; tcp_nopush on; keepalive_requests 1000000;`,
    );
    const measured = await measureAll(context, lines, cache, {
      port: nginx.port,
      pid: nginx.workerPid,
    });
    const after = await settledMemory(context, cache.pid);
    const copies = await measureCopies(context, cache, folder.path);
    return outcomeOf(measured, { idle: memory.rss, after: after.rss }, copies);
  },
};

interface Line {
  name: string;
  paths: string[];
  requests: number;
  connections: number;
}

/** The same bytes in both servers: some narinfos, and archives of each size. */
async function publish(
  cache: CacheServer,
  files: string,
  hashes: readonly string[],
): Promise<Line[]> {
  const headers = { authorization: cache.authorization };
  const url = `http://127.0.0.1:${cache.port}/base`;
  await mkdir(join(files, 'base', 'nar'), { recursive: true });
  for (const hash of hashes) {
    const response = await fetch(`${url}/${hash}.narinfo`, { headers });
    await writeFile(join(files, 'base', `${hash}.narinfo`), await response.text());
  }
  const lines: Line[] = [
    { name: 'narinfo', paths: hashes.map((hash) => `/base/${hash}.narinfo`), ...narInfo },
  ];
  for (const { name, bytes, ...load } of nars) {
    const archive = archiveOf(randomBytes(bytes));
    const path = `nar/${encodeNix32(createHash('sha256').update(archive).digest())}.nar`;
    const put = await fetch(`${url}/${path}`, { method: 'PUT', body: archive, headers });
    if (!put.ok) throw new Error(await put.text());
    await writeFile(join(files, 'base', path), archive);
    lines.push({ name: `NAR ${name}`, paths: [`/base/${path}`], ...load });
  }
  return lines;
}

type Series = { cpu: number[]; rate: number[] };

/** In turn, so that what else the machine does meets both. */
async function measureAll(
  context: BenchContext,
  lines: readonly Line[],
  cache: CacheServer,
  nginx: { port: number; pid: number },
) {
  const measured = new Map<string, Record<'cache' | 'nginx', Series>>();
  for (const line of lines) {
    const series = { cache: { cpu: [], rate: [] }, nginx: { cpu: [], rate: [] } } as Record<
      'cache' | 'nginx',
      Series
    >;
    measured.set(line.name, series);
    for (let round = 0; round < rounds; round += 1) {
      context.say(`${line.name}, round ${round + 1} of ${rounds}`);
      for (const [name, server] of Object.entries({ cache, nginx })) {
        const load: Load = {
          ...{
            port: server.port,
            pid: server.pid,
            headers: { Authorization: cache.authorization },
          },
          ...{ paths: line.paths, requests: line.requests, connections: line.connections },
        };
        if (round === 0) await closedLoop({ ...load, requests: Math.ceil(load.requests / 5) });
        const { cpuMsPerRequest, requestsPerSecond } = await closedLoop(load);
        series[name as 'cache' | 'nginx'].cpu.push(cpuMsPerRequest * 1000);
        series[name as 'cache' | 'nginx'].rate.push(requestsPerSecond);
      }
    }
  }
  return measured;
}

interface Copies {
  cache: number[];
  folder: number[];
}

async function measureCopies(
  context: BenchContext,
  cache: CacheServer,
  folder: string,
): Promise<Copies> {
  context.say('building what is copied');
  const { machine, path } = await buildClosure(folder);
  const copies: Copies = { cache: [], folder: [] };
  for (let round = 0; round < rounds; round += 1) {
    context.say(`nix copy, round ${round + 1} of ${rounds}`);
    const to = (name: string, url: string) =>
      timeCopy(machine, join(folder, `${name}-${round}`), path, { url, secret: cache.secret });
    copies.folder.push(await to('from-folder', `file://${folder}/copy-${round}`));
    copies.cache.push(await to('from-cache', `http://127.0.0.1:${cache.port}/round-${round}`));
  }
  return copies;
}

function outcomeOf(
  measured: Awaited<ReturnType<typeof measureAll>>,
  memory: { idle: number; after: number },
  copies: Copies,
) {
  const snake = (name: string) => name.toLowerCase().replaceAll(' ', '_');
  const figures: Figure[] = [...measured].map(([name, { cache, nginx }]) => ({
    name: `nix_cache_${snake(name)}_cpu`,
    unit: 'µs',
    value: median(cache.cpu),
    peer: 'nginx',
    peerValue: median(nginx.cpu),
  }));
  const speed = (seconds: number[]) => closureMegabytes / median(seconds);
  return {
    tables: [
      {
        title: `One request (median of ${rounds} rounds)`,
        columns: ['', 'cache CPU µs', 'nginx CPU µs', 'ratio', 'cache /s', 'nginx /s'],
        rows: [...measured].map(([name, { cache, nginx }]) => [
          name,
          median(cache.cpu),
          median(nginx.cpu),
          median(cache.cpu) / median(nginx.cpu),
          median(cache.rate),
          median(nginx.rate),
        ]),
      },
    ],
    figures: [
      ...figures,
      { name: 'nix_cache_rss', unit: 'MiB', value: memory.idle },
      { name: 'nix_cache_rss_after_load', unit: 'MiB', value: memory.after },
      {
        name: 'nix_cache_upload',
        unit: 'MB/s',
        value: speed(copies.cache),
        peer: 'nix copy to file://',
        peerValue: speed(copies.folder),
      },
    ],
    notes: [
      'GETs are a closed loop over keep-alive connections: each asks again when it has its answer. CPU is user and system of the cache’s process or of nginx’s one worker (/proc/<pid>/stat, ticks of 10 ms).',
      `The cache holds ${pathsAll} paths, checks a token on every request and has signed what it gives; nginx serves the same bytes as static files with sendfile. ${pathsAsked} of the narinfos are asked for in turn.`,
      `Uploads: nix copy of ${closureMegabytes.toFixed(0)} MB in zstd by a machine that never asked before, to a namespace or a folder that has nothing of it. The cache verifies, signs and syncs to the disk; nix copy to a folder does none of these.`,
      'Simulated: 100,000 of the paths are rows as uploads leave them, without their archives.',
    ],
  };
}
