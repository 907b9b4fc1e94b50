/** Machines with Nix: each has a store, a home and a configuration of its own, below one folder. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface NixMachine {
  /** Folder of its store, as `--store` takes it; paths inside it start with `/nix/store`. */
  readonly store: string;
  readonly folder: string;
  /** Runs `nix <parameters>` with its store as the default one. */
  nix(...parameters: string[]): Promise<NixRun>;
  /** Builds a file's derivation and returns its path; fails the test when Nix fails. */
  build(file: string, ...parameters: string[]): Promise<{ path: string; log: string }>;
  /** Gives this machine credentials for a host. */
  signIn(host: string, login: string, secret: string): Promise<void>;
}

interface NixRun {
  exitCode: number;
  /** What it printed. */
  output: string;
  /** What it said beside that. */
  log: string;
}

export interface NixMachineOptions {
  folder: string;
  /** Program and parameters before Nix's own; default: `nix` on the path. */
  program?: readonly string[];
  /** Lines of `nix.conf`, after the machine's own. */
  configuration?: readonly string[];
}

/** A static shell: builders run in a root that holds nothing else. From Debian's `busybox-static`. */
const builder = '/bin/busybox';
const deadlineMs = 120_000;

/** Makes a machine. Needs Debian's `nix-bin` and `busybox-static`. */
export async function createNixMachine(options: NixMachineOptions): Promise<NixMachine> {
  const { folder, program = ['nix'], configuration = [] } = options;
  if (!existsSync(builder)) throw new Error('apt-get install busybox-static nix-bin');
  const store = join(folder, 'root');
  const netrc = join(folder, 'netrc');
  await mkdir(join(folder, 'home'), { recursive: true });
  await writeFile(netrc, '', { mode: 0o600 });
  const environment = {
    PATH: process.env.PATH,
    HOME: join(folder, 'home'),
    NIX_CONF_DIR: join(folder, 'none'),
    NIX_CONFIG: [
      'experimental-features = nix-command',
      'build-users-group =',
      // It would be started by the path of the running program, which is the loader then.
      ...(program.length > 1 ? ['build-hook ='] : []),
      'sandbox = true',
      `sandbox-paths = /bin/sh=${builder} ${builder}=${builder}`,
      `netrc-file = ${netrc}`,
      // Else a path that was asked for before it was pushed stays absent for an hour.
      'narinfo-cache-negative-ttl = 0',
      'substituters =',
      ...configuration,
    ].join('\n'),
  };
  const run = async (parameters: readonly string[]): Promise<NixRun> => {
    const [command = '', ...first] = program;
    const child = spawn(command, [...first, ...parameters], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let log = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
    const [exitCode] = (await once(child, 'close')) as [number | null];
    return { exitCode: exitCode ?? -1, output, log };
  };
  const nix = (...parameters: string[]) =>
    run([...parameters.slice(0, 1), '--store', store, ...parameters.slice(1)]);
  return {
    store,
    folder,
    nix,
    async build(file, ...parameters) {
      const { exitCode, log, output } = await nix(
        ...['build', '-L', '-f', file, '--no-link', '--json', ...parameters],
      );
      if (exitCode !== 0) throw new Error(`nix build failed:\n${log}`);
      const [built] = JSON.parse(output) as { outputs: { out: string } }[];
      return { path: built?.outputs.out ?? '', log };
    },
    async signIn(host, login, secret) {
      await writeFile(netrc, `machine ${host} login ${login} password ${secret}\n`);
    },
  };
}
