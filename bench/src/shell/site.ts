/** FrontendMaster, and containers as mount namespaces with a store each. */
import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createTrialMachine, nixPackages, type TrialMachine, temporaryFolder } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { root } from '../child.ts';
import { startProduct } from '../open/product.ts';

const runProgram = promisify(execFile);

export interface Site {
  /** The project's folder. */
  project: string;
  observer: string;
  frontend: { url: string; namespace: string; authorization: string };
  /** A container that has all store paths. */
  first: TrialMachine;
  /** A container that has nixpkgs alone; FrontendMaster's cache has the rest. */
  another(): Promise<TrialMachine>;
  /** Copies what the first container has to the cache. */
  share(): Promise<void>;
  /** Milliseconds of `nix-shell --run true`. */
  nixShell(machine: TrialMachine): Promise<number>;
}

/** A netrc file ends a word at a space. */
const person = { email: 'bob@example.com', name: 'bob', password: 'correct-horse-battery' };
const description = `{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShellNoCC {
  packages = with pkgs; [ yosys iverilog ];
}
`;

export async function startSite(context: BenchContext): Promise<Site> {
  const folder = await temporaryFolder('joh-bench-shell');
  context.cleanUp(folder.remove);
  const at = (name: string) => join(folder.path, name);
  await mkdir(at('project'));
  await writeFile(at('project/shell.nix'), description);
  await runProgram(process.execPath, [
    join(root, 'packages/shell-observer/build.js'),
    at('observer'),
  ]);
  const product = await startProduct(context);
  await product.client.signUp(person);
  const { name, password } = person;
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const cache = `${product.url}/cache/${name}`;
  const keys = await fetch(`${cache}/public-keys`, { headers: { authorization } });
  const configuration = [
    ...['build-users-group =', 'sandbox = false', `substituters = ${cache}`],
    `trusted-public-keys = ${(await keys.text()).trim().replaceAll('\n', ' ')}`,
    ...[`netrc-file = ${at('netrc')}`, 'narinfo-cache-negative-ttl = 0'],
    'experimental-features = nix-command',
  ];
  const netrc = `machine 127.0.0.1 login ${name} password ${password}\n`;
  await writeFile(at('netrc'), netrc, { mode: 0o600 });
  const seed = createTrialMachine(at('seed'), { nix: ['nix'], configuration });
  const nixpkgs = (await run(seed, ['nix-store', '--add', await nixPackages()])).trim();
  let count = 0;
  const machine = async () => {
    count += 1;
    const own = at(`container-${count}`);
    await mkdir(own);
    await cp(at('seed/nix'), join(own, 'nix'), { recursive: true, verbatimSymlinks: true });
    const variables = { NIX_PATH: `nixpkgs=${nixpkgs}` };
    return createTrialMachine(own, { nix: ['nix'], configuration, variables });
  };
  const timed = async (work: () => Promise<unknown>) => {
    const startedMs = context.clock.monotonic();
    await work();
    return context.clock.monotonic() - startedMs;
  };
  const first = await machine();
  const nixShell = (one: TrialMachine) =>
    run(one, ['nix-shell', at('project/shell.nix'), '--run', 'true']);
  context.say('the first container builds the shell’s packages');
  await nixShell(first);
  return {
    project: at('project'),
    observer: at('observer/joh-observer.so'),
    frontend: { url: product.url, namespace: name, authorization },
    first,
    another: machine,
    share: async () => {
      const inputs = await run(first, [
        ...['nix-shell', at('project/shell.nix')],
        ...['--run', 'echo $stdenv $nativeBuildInputs $buildInputs; command -v bash'],
      ]);
      const paths = new Set(inputs.match(/\/nix\/store\/[^/\s]+/g));
      await run(first, ['nix', 'copy', '--to', `${cache}?compression=zstd`, ...paths]);
    },
    nixShell: (one) => timed(() => nixShell(one)),
  };
}

async function run(machine: TrialMachine, argv: readonly string[]): Promise<string> {
  const [program = '', ...rest] = machine.inside(argv);
  const { stdout } = await runProgram(program, rest, {
    ...{ env: machine.env, cwd: machine.folder, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 },
  });
  return stdout;
}
