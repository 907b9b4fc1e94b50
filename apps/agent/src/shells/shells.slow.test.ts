/** Shells by real Nix, on machines with a store of their own; about 20 s. Needs root. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import type { ShellRecord } from '@joh/protocol';
import {
  createTrialMachine,
  newerNix,
  nixPackages,
  type TemporaryFolder,
  type Trial,
  type TrialMachine,
  temporaryFolder,
} from '@joh/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readObservation } from './observed-reads.ts';

const description = `
{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShellNoCC {
  packages = [ pkgs.gnumake ];
  GREETING = builtins.readFile ./greeting.txt;
  shellHook = ''
    echo "welcome to the shell"
    export FROM_HOOK="$PWD/py"
  '';
}
`;
/** Looks at files in every way that Nix and a hook have. */
const curious = `
let
  text = builtins.readFile ./data.txt;
  names = builtins.attrNames (builtins.readDir ./folder);
  isThere = builtins.pathExists ./missing.nix;
  imported = (import ./imported.nix).x;
  linked = builtins.readFile ./link;
in derivation {
  name = "shell"; system = builtins.currentSystem; builder = "/bin/bash";
  inherit text names isThere imported linked;
  src = ./copied;
  filtered = builtins.path { path = ./filtered; filter = path: type: baseNameOf path != "out"; };
  stdenv = ./stdenv;
  shellHook = "source ./hook.sh; [ -e ./absent.sh ] || true; cat data.txt > /dev/null; ls folder > /dev/null";
}
`;
/** Runs the hook as nixpkgs' own does, and nothing else. */
const setup = `runHook() { eval "\${!1}"; }
`;

const buildObserver = join(import.meta.dirname, '../../../../packages/shell-observer/build.js');
let shared: TemporaryFolder;
let observer: string;
let nixpkgs: string;
beforeAll(async () => {
  shared = await temporaryFolder('joh-shells');
  execFileSync(process.execPath, [buildObserver, shared.path]);
  observer = join(shared.path, 'joh-observer.so');
  // As a session image has it: what lies in the store needs no looking at.
  const seed = createTrialMachine(join(shared.path, 'seed'), { nix: ['nix'] });
  const set = await nixPackages();
  nixpkgs = run(seed, ['env', 'NIX_CONFIG=build-users-group =', 'nix-store', '--add', set]).trim();
  copyStore('one');
}, 120_000);
/** A store that holds nixpkgs alone. */
const copyStore = (name: string) => {
  const store = join(shared.path, name);
  execFileSync('cp', ['--archive', join(shared.path, 'seed/nix'), store]);
  return store;
};
afterAll(() => shared.remove());

const trials: Trial[] = [];
afterEach(async () => {
  for (const trial of trials.splice(0)) await trial.end();
});

describe.each([
  ['2.8', async () => ['nix']],
  ['2.26', newerNix],
] as [string, () => Promise<readonly string[]>][])(
  'with Nix %s',
  { timeout: 120_000 },
  (name, program) => {
    let folder: TemporaryFolder;
    let nix: readonly string[];
    beforeAll(async () => {
      folder = await temporaryFolder(`joh-shells-${name}`);
      nix = await program();
    }, 120_000);
    afterAll(() => folder.remove());
    const machineIn = (at: string, store: string, ...more: string[]) =>
      createTrialMachine(join(folder.path, at), {
        ...{ nix, store, variables: { NIX_PATH: `nixpkgs=${nixpkgs}` } },
        configuration: [
          ...['build-users-group =', 'sandbox = false', 'substituters =', ...more],
          // It would be started by the path of the running program, which is the loader then.
          ...(nix.length > 1 ? ['build-hook ='] : []),
        ],
      });
    const projectIn = (at: string, files: Record<string, string>) => {
      const root = join(folder.path, at);
      mkdirSync(root, { recursive: true });
      for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
      return root;
    };
    const open = (
      ...[machine, root, options]: [TrialMachine, ...Parameters<TrialMachine['open']>]
    ) => {
      const trial = machine.open(root, { observer, ...options });
      trials.push(trial);
      return trial;
    };
    const isReady = ({ phase }: { phase: string }) => phase === 'ready';

    it('is evaluated once for each content, is there at once, and fails at its place', async () => {
      const machine = machineIn('one', join(shared.path, 'one'));
      const root = projectIn('project', { 'shell.nix': description, 'greeting.txt': 'hello' });
      const first = open(machine, root);
      await first.until(isReady, 'the first evaluation');
      expect((await first.first()).IN_NIX_SHELL).toBeUndefined();
      expect(first.state()).toMatchObject({ origin: 'evaluation', changed: [], problem: null });
      const env = await first.environment();
      expect(env).toMatchObject({ IN_NIX_SHELL: 'impure', GREETING: 'hello' });
      expect(env).toMatchObject({ FROM_HOOK: join(root, 'py'), SHELL: '/bin/bash' });
      expect(env.PATH).toMatch(/^\/nix\/store\/\w{32}-gnumake\/bin:.*:\/usr\/bin:.*$/);
      expect(Object.keys(env).filter((key) => /OBSERVE|PRELOAD|TMPDIR/.test(key))).toEqual([]);
      const pushed = first.said.find((one) => one.pushed)?.pushed ?? [];
      expect(pushed.map((path) => path.slice(44))).toContain('gnumake');

      const second = open(machine, root);
      await second.until(isReady, 'the known shell');
      expect(second.state()).toMatchObject({ origin: 'container', shell: first.state()?.shell });
      // The first answer has it already.
      expect(await second.first()).toEqual(env);

      writeFileSync(join(root, 'greeting.txt'), 'good evening');
      const { changed } = await second.until((state) => state.changed.length > 0, 'the change');
      expect(changed).toEqual(['greeting.txt']);
      second.ask('reload');
      await second.until((state) => isReady(state) && state.origin === 'evaluation', 'the reload');
      expect((await second.environment()).GREETING).toBe('good evening');
      expect(second.state()?.changed).toEqual([]);

      writeFileSync(join(root, 'shell.nix'), 'let\n  a = 1;\nin {\n  x = a + ;\n}\n');
      second.ask('reload');
      const { problem, reason } = await second.until(
        ({ phase }) => phase === 'failed',
        'the failure',
      );
      expect(problem).toMatchObject({ path: join(root, 'shell.nix'), line: 4, column: 11 });
      expect(problem?.message).toContain('syntax error');
      expect(reason).toBe('New terminals keep the shell from before.');
      expect((await second.environment()).GREETING).toBe('good evening');

      writeFileSync(join(root, 'shell.nix'), description);
      await second.until((state) => state.changed.length > 0, 'that the failure can be over');
      second.ask('reload');
      await second.until(isReady, 'the shell that is known');
      expect(second.state()).toMatchObject({ origin: 'container', problem: null });
    });

    it('is taken from another container, with its store paths from the cache', async () => {
      const { url, stop } = await startRecords();
      const frontend = { url, namespace: 'ada', authorization: 'Basic eDp5' };
      const root = projectIn('shared', { 'shell.nix': description, 'greeting.txt': 'shared' });
      const here = machineIn('one', join(shared.path, 'one'));
      const maker = open(here, root, { frontend });
      await maker.until(isReady, 'the first evaluation');
      const paths = maker.said.flatMap(({ pushed = [] }) => pushed);
      const cache = `file://${join(folder.path, 'cache')}?compression=none`;
      run(here, ['nix', '--experimental-features', 'nix-command', 'copy', '--to', cache, ...paths]);

      const there = machineIn(
        'two',
        copyStore(`two-${name}`),
        `substituters = ${cache}`,
        'require-sigs = false',
      );
      const other = join(folder.path, 'elsewhere', 'shared');
      cpSync(root, other, { recursive: true });
      // Its Nix is told of another cache: no part of what a shell is.
      const taker = open(there, other, { frontend });
      await taker.until(isReady, 'the shell of the other container');
      expect(taker.state()).toMatchObject({ origin: 'frontend' });
      expect(taker.said.some(({ state }) => state?.phase === 'fetching')).toBe(true);
      const env = await taker.environment();
      expect(env).toMatchObject({ GREETING: 'shared', FROM_HOOK: join(other, 'py') });
      const [make = ''] = /\/nix\/store\/[^:]*gnumake\/bin/.exec(env.PATH ?? '') ?? [];
      expect(run(there, [join(make, 'make'), '--version'])).toContain('GNU Make');
      await stop();
    });

    it('sees all that Nix and the hook look at, as strace does', async () => {
      const machine = machineIn('one', join(shared.path, 'one'));
      const root = projectIn('curious', {
        ...{ 'shell.nix': curious, 'data.txt': 'x', 'imported.nix': '{ x = "1"; }' },
        'hook.sh': 'export HOOKED=1\n',
      });
      for (const part of ['folder', 'copied', 'filtered', 'stdenv']) mkdirSync(join(root, part));
      for (const path of ['folder/a', 'copied/b', 'filtered/in', 'filtered/out'])
        writeFileSync(join(root, path), path);
      writeFileSync(join(root, 'stdenv/setup'), setup);
      symlinkSync('data.txt', join(root, 'link'));
      const reads = join(folder.path, 'reads');
      const trace = join(folder.path, 'trace');
      writeFileSync(reads, '');
      const variables = {
        ...{ LD_PRELOAD: observer, JOY_OF_HARDWARE_OBSERVE: reads, NIX_BUILD_SHELL: '/bin/bash' },
        JOY_OF_HARDWARE_OBSERVE_SKIP: '/nix/store/:/proc/:/sys/:/dev/',
      };
      const out = run(
        machine,
        [
          ...['strace', '-f', '-y', '-e', 'trace=%file', '-s', '4096', '-o', trace],
          // For what is traced, and not for strace.
          ...Object.entries(variables).map(([name, value]) => `-E${name}=${value}`),
          ...['nix-shell', join(root, 'shell.nix'), '--run', 'command -p env'],
        ],
        root,
      );
      expect(out).toContain('HOOKED=1');
      const places = { root, home: machine.env.HOME ?? '', ignored: [] };
      const { inputs, isComplete, usedFetcher } = readObservation(
        readFileSync(reads, 'utf8'),
        places,
      );
      expect([isComplete, usedFetcher]).toEqual([true, false]);
      const observed = inputs.map(({ path }) => path).filter((path) => !/^[/~]/.test(path));
      expect(observed.sort()).toEqual(tracedPaths(readFileSync(trace, 'utf8'), root));
      for (const path of [
        'data.txt',
        'folder',
        'missing.nix',
        'imported.nix',
        'link',
        'hook.sh',
        'absent.sh',
      ])
        expect(observed).toContain(path);
      expect(observed).not.toContain('filtered/out/x');
    });
  },
);

/** Paths below `root` that strace saw a successful or failing look at. */
function tracedPaths(trace: string, root: string): string[] {
  const paths = new Set<string>();
  for (const line of trace.split('\n')) {
    const [, call, folder, path = ''] =
      /^\d+ +(\w+)\((?:(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, )?"([^"]*)"/.exec(line) ?? [];
    if (!call || path === '' || /^(execve|mkdir|unlink|rmdir|chmod|rename)/.test(call)) continue;
    const at = resolve(folder ?? root, path);
    if (at === root) paths.add('.');
    else if (at.startsWith(`${root}/`)) paths.add(at.slice(root.length + 1));
  }
  return [...paths].sort();
}

function run(machine: TrialMachine, argv: readonly string[], cwd = machine.folder): string {
  const [program = '', ...rest] = machine.inside(argv);
  return execFileSync(program, rest, {
    ...{ cwd, env: machine.env, encoding: 'utf8', timeout: 60_000 },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What keeps records for containers, as FrontendMaster does. */
async function startRecords(): Promise<{ url: string; stop(): Promise<void> }> {
  const kept = new Map<string, ShellRecord[]>();
  const server: Server = createServer(async (request, response) => {
    const path = request.url ?? '';
    if (request.method === 'GET')
      return void response.end(JSON.stringify({ records: kept.get(path) ?? [] }));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    kept.set(path, [JSON.parse(Buffer.concat(chunks).toString()) as ShellRecord]);
    response.writeHead(204).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
