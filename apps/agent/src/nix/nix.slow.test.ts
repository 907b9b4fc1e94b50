/** A session's Nix against a real cache: builds in one, and the other need not. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { createNixCache, type NixCache } from '@joh/nix-cache';
import { type Fault, fault, type Prepare, prepare } from '@joh/protocol';
import { newerNix, type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runToEnd } from '#processes';
import { createNix, type Nix } from './index.ts';

/** A static shell: builders run in a root that holds nothing else. From Debian's `busybox-static`. */
const builder = '/bin/busybox';
const expression = (word: string) => `
derivation {
  name = "thing"; system = "x86_64-linux"; builder = "/bin/sh";
  args = [ "-c" "echo building thing; echo ${word} > $out" ];
}`;
const clock = systemClock();
const random = systemRandom();

let folder: TemporaryFolder;
let cache: NixCache;
let server: Server;
let isAway: boolean;
const ends: (() => Promise<void> | void)[] = [];

beforeEach(async () => {
  folder = await temporaryFolder('joh-nix');
  isAway = false;
  cache = createNixCache({
    ...{ data: join(folder.path, 'cache'), prefix: '/cache/', keyName: 'test', clock, random },
    onError: (error) => console.error(error),
    authorize: (credentials, { namespace }) =>
      credentials?.login === 'session' && credentials.secret === `joh_s_${namespace}`
        ? null
        : fault('E_CACHE_SIGNED_OUT'),
  });
  server = createServer((request, response) => {
    if (isAway) response.writeHead(502).end();
    else void cache.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  server.closeAllConnections();
  server.close();
  await cache.close();
  await folder.remove();
});

describe.each([
  ['Nix of Debian bookworm', null],
  ['the newest Nix of Debian', newerNix],
] as [string, (() => Promise<readonly string[]>) | null][])('%s', (_, newer) => {
  let count = 0;
  /** A container's user with a Nix and a store of their own. */
  const newSession = async (namespace: string) => {
    count += 1;
    const at = (name: string) => join(folder.path, `${count}`, name);
    for (const name of ['home', 'etc', 'run', 'bin']) await mkdir(at(name), { recursive: true });
    await writeFile(
      at('etc/nix.conf'),
      [
        ...[`store = ${at('root')}`, 'build-users-group =', 'substituters ='],
        ...['sandbox = true', `sandbox-paths = /bin/sh=${builder}`],
        'experimental-features = nix-command',
      ].join('\n'),
    );
    const [program = '', ...first] = newer ? await newer() : ['nix'];
    if (newer)
      await writeFile(at('bin/nix'), `#!/bin/sh\nexec ${program} ${first.join(' ')} "$@"\n`, {
        mode: 0o755,
      });
    const env = {
      PATH: `${at('bin')}${delimiter}${process.env.PATH}`,
      HOME: at('home'),
      NIX_CONF_DIR: at('etc'),
      // It would be started by the path of the running program, which is the loader then.
      ...(newer ? { NIX_CONFIG: 'build-hook =' } : {}),
    };
    const faults: Fault[] = [];
    const nix = createNix({
      ...{ clock, env, runtime: at('run'), log: () => undefined },
      onGivenUp: (one) => void faults.push(one),
    });
    const { port } = server.address() as AddressInfo;
    const given: Prepare = prepare.parse({
      ...{ session: `session_000000000000000${count}`, epoch: 1 },
      user: { id: 'user_1', name: namespace, email: 'ada@example.org' },
      project: { owner: namespace, name: 'blinky', board: null },
      ...{ cloneUrl: 'http://x/git/ada/blinky.git', gitToken: `joh_s_${namespace}`, ticketKey: '' },
      cache: {
        url: `http://127.0.0.1:${port}/cache/${namespace}`,
        namespace,
        publicKeys: cache.publicKeys(namespace),
      },
    });
    await nix.signIn(given);
    ends.push(nix.close);
    const environment = { ...env, ...(await nix.environment()) };
    const run = async (...parameters: string[]) => {
      const ended = await runToEnd(['nix', ...parameters], {
        ...{ cwd: folder.path, env: environment, deadlineMs: 60_000, outputBytesMax: 1e6 },
      });
      return { exitCode: ended.exitCode, output: ended.stdout.toString(), log: ended.stderr };
    };
    const build = async (word = 'hello') => {
      await writeFile(at('default.nix'), expression(word));
      const { exitCode, log, output } = await run(
        ...['build', '-L', '-f', at('default.nix'), '--no-link', '--json'],
      );
      if (exitCode !== 0) throw new Error(`nix build failed:\n${log}`);
      const [built] = JSON.parse(output) as { outputs: { out: string } }[];
      return { path: built?.outputs.out ?? '', log };
    };
    return { nix, at, run, build, environment, faults, given };
  };
  const pushed = (nix: Nix, many: number) =>
    waitFor(() => (nix.pushes()?.pushed ?? 0) >= many, {
      ...{ what: `${many} paths are pushed`, deadlineMs: 30_000 },
    });

  it('gives what one session built to another of the same user, and to nobody else', async () => {
    const first = await newSession('ada');
    expect(await first.nix.version()).toMatch(newer ? /^2\.[2-9]\d/ : /^2\.8/);
    expect((await first.build()).log).toContain('building thing');
    await pushed(first.nix, 1);
    const second = await newSession('ada');
    expect((await second.build()).log).not.toContain('building thing');
    const bob = await newSession('bob');
    expect((await bob.build()).log).toContain('building thing');
  });

  it('keeps the password in one file alone, which only the user reads', async () => {
    const { at, environment, nix } = await newSession('ada');
    expect(JSON.stringify(environment)).not.toContain('joh_s_');
    for (const name of await readdir(at('run'))) {
      const path = at(`run/${name}`);
      const info = await stat(path);
      if (!info.isFile()) continue;
      const holds = (await readFile(path, 'utf8')).includes('joh_s_');
      expect([name, holds]).toEqual([name, name === 'nix-netrc']);
      if (holds) expect(info.mode & 0o777).toBe(0o600);
    }
    expect(nix.frontend()).toMatchObject({ namespace: 'ada', url: /^http:\/\/127\.0\.0\.1:\d+$/ });
  });

  it('pushes what it is told to, with all that it needs, also when the session closes', async () => {
    const session = await newSession('ada');
    await writeFile(session.at('thing.txt'), 'a thing');
    const { output } = await session.run('store', 'add-file', session.at('thing.txt'));
    session.nix.push([`${output.trim()}/inside`, '/etc/passwd']);
    await session.nix.close();
    expect(session.nix.pushes()).toEqual({ waiting: 0, pushed: 1, failed: 0 });
    expect(cache.usage('ada').paths).toBe(1);
    expect(session.faults).toEqual([]);
  });

  it('builds all the same while the cache is away, and says once what is missing there', async () => {
    const session = await newSession('ada');
    isAway = true;
    const { log } = await session.build();
    expect(log).toContain('building thing');
    await session.nix.close();
    expect(session.nix.pushes()).toEqual({ waiting: 0, pushed: 0, failed: 1 });
    expect(session.faults.map(({ code }) => code)).toEqual(['E_CACHE_PUSH_FAILED']);
    const path = session.at('run/nix-built.d');
    expect(existsSync(path) && (await readdir(path))).toEqual([]);
  });
});
