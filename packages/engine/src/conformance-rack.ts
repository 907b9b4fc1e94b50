/** A cluster of real daemons with an image on every node, for the tests of the engines. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { systemClock } from '@joh/clock';
import type { ContainerId } from '@joh/protocol';
import { type ClusterNode, type DockerCluster, nixSeed, startDockerCluster } from '@joh/testkit';
import { createInside, type Inside } from './conformance-inside.ts';
import { keptBelow, type NixSubject } from './conformance-nix.ts';
import { firstUid, slots } from './docker/container-request.ts';
import { createEngineApi, type EngineApi } from './docker/engine-api.ts';
import { pullImage } from './docker/images.ts';
import { buildSeedImage, buildSessionImage } from './docker/session-image.ts';
import type { SessionSeed } from './docker/session-seed.ts';

/** The repository's top folder. */
export const root = join(import.meta.dirname, '../../..');

export interface Rack {
  cluster: DockerCluster;
  /** A small image by digest, in the cluster's registry and on every node: it runs, and has Perl. */
  image: string;
  /** It with Nix, in the registry alone; and what its case asks. */
  nix: NixSubject;
  /** A reference of the same registry that it does not have. */
  missing: string;
  /** Of each node, in order. */
  inside: Inside[];
  api: EngineApi[];
  figures: Record<string, number>;
  remove(): Promise<void>;
}

/** Of this machine's own programs, because to build, push and pull a whole one takes a minute. */
async function importStandIn(api: EngineApi): Promise<string> {
  const names = [
    ...['sh', 'cat', 'hostname', 'id', 'ls', 'perl', 'sleep', 'touch'],
    // To be seeded with Nix, and to start then.
    ...['chmod', 'cp', 'find', 'ln', 'mkdir', 'mv', 'readlink', 'rm'],
  ];
  const programs = names.map((name) => `/usr/bin/${name}`);
  const run = (program: string, ...parameters: string[]) =>
    execFileSync(program, parameters, { encoding: 'utf8' });
  const libraries = new Set(run('ldd', ...programs).match(/\/(?:lib|usr)\S+(?= \()/g) ?? []);
  const modules = run('perl', '-e', 'print grep /perl-base$/, @INC');
  const stage = mkdtempSync(join(tmpdir(), 'joh-image-'));
  try {
    const folders = ['tmp', 'run', 'work', 'home/joh', 'etc'].map((name) => join(stage, name));
    run('mkdir', '--parents', ...folders);
    run('chmod', '1777', ...folders.slice(0, -1));
    const users = Array.from({ length: slots }, (_, slot) => firstUid + slot);
    const lines = users.map((uid) => `joh:x:${uid}:${uid}::/home/joh:/bin/sh\n`);
    writeFileSync(join(stage, 'etc/passwd'), lines.join(''));
    run('ln', '--symbolic', 'usr/bin', join(stage, 'bin'));
    const tar = join(stage, 'image.tar');
    const outside = [...programs, ...libraries, modules].map((path) => `.${path}`);
    const flags = ['--create', '--dereference', '--owner=0', '--group=0', '--file', tar];
    run('tar', ...flags, '--directory', '/', ...outside);
    const inside = ['tmp', 'run', 'work', 'home', 'etc', 'bin'];
    run(
      'tar',
      '--append',
      '--owner=0',
      '--group=0',
      '--file',
      tar,
      '--directory',
      stage,
      ...inside,
    );
    const query = new URLSearchParams({ fromSrc: '-', repo: 'joh-stand-in', tag: '1' });
    const start = '[ ! -e /etc/joh/seed/start ] || . /etc/joh/seed/start; exec sleep 1000000';
    query.append('changes', `ENTRYPOINT ${JSON.stringify(['/bin/sh', '-c', start])}`);
    query.append('changes', 'ENV PATH=/bin HOME=/home/joh');
    const given = { signal: AbortSignal.timeout(60_000), timeoutMs: 60_000 };
    const stream = Readable.from([readFileSync(tar)]);
    const answer = await api.open('POST', `/images/create?${query}`, { ...given, stream });
    for await (const _ of answer);
    return 'joh-stand-in:1';
  } finally {
    rmSync(stage, { recursive: true });
  }
}

/** Builds the session image without its tool chain on a daemon. */
export async function buildTestImage(
  node: { socketPath: string; importBase(): Promise<string> },
  { tag = 'joh-session:dev', seed }: { tag?: string; seed?: SessionSeed } = {},
): Promise<{ bytes: number }> {
  const agent = join(root, 'apps/agent/dist');
  if (!existsSync(join(agent, 'agent.js'))) {
    throw new Error('this test needs the agent: npm run -w apps/agent build');
  }
  const { bytes } = await buildSessionImage({
    ...{ clock: systemClock(), agent, socketPath: node.socketPath, tag, toolchain: false },
    base: await node.importBase(),
    recipe: join(root, 'ops/session-image'),
    node: process.execPath,
    ...(seed && { seed }),
    signal: AbortSignal.timeout(200_000),
  });
  return { bytes };
}

/** Starts it; `nodes` of them. */
export async function startRack(as: 'hosts' | 'swarm', nodes: number): Promise<Rack> {
  const figures: Record<string, number> = {};
  const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    figures[name] = Math.round(performance.now() - began);
    return result;
  };
  const clock = systemClock();
  const cluster = await timed('cluster_ms', () =>
    startDockerCluster({ as, nodes, registry: true }),
  );
  const apis = cluster.nodes.map(({ socketPath }) =>
    createEngineApi({ clock, endpoint: { socketPath } }),
  );
  const remove = async () => {
    for (const api of apis) api.close();
    await cluster.remove();
  };
  try {
    const [builder] = cluster.nodes as [ClusterNode];
    const { registry } = cluster;
    if (!registry) throw new Error('the cluster has no registry');
    const tag = await timed('image_ms', () => importStandIn(apis[0] as EngineApi));
    const image = await timed('push_ms', () => registry.push(builder, tag));
    const nixImage = await timed('nix_image_ms', () =>
      pushWithNix(apis[0] as EngineApi, tag, (seeded) => registry.push(builder, seeded)),
    );
    const signal = AbortSignal.timeout(120_000);
    await timed('pull_ms', () =>
      Promise.all(
        apis.map((api, at) => pullImage({ api, clock, name: `node${at + 1}` }, image, signal)),
      ),
    );
    const missing = `${registry.address}/joh-missing:1`;
    const inside = apis.map(createInside);
    const nix: NixSubject = {
      image: nixImage,
      sh: async (id, line) => (await withContainer(inside, id)).sh(id, line),
      kept: keptBelow(cluster.traces.folder),
    };
    return { cluster, image, nix, missing, figures, api: apis, inside, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function pushWithNix(
  api: EngineApi,
  base: string,
  push: (image: string) => Promise<string>,
): Promise<string> {
  const recipe = join(root, 'ops/session-image/seed');
  const seed = await nixSeed();
  return push(
    await buildSeedImage(api, { base, recipe, seed, signal: AbortSignal.timeout(120_000) }),
  );
}

async function withContainer(all: readonly Inside[], id: ContainerId): Promise<Inside> {
  for (const inside of all) if (await inside.find(id)) return inside;
  throw new Error(`no node has ${id}`);
}

/** Runs one of `ops/docker-host`'s scripts on a node. */
export function runOnNode(node: ClusterNode, script: string, ...parameters: string[]): void {
  const [program = '', ...enter] = node.enter;
  const env = { ...process.env, DOCKER_HOST: `unix://${node.socketPath}` };
  const path = join(root, 'ops/docker-host', script);
  execFileSync(program, [...enter, path, ...parameters], { env });
}
