/** Machines with a `/nix` of their own, for tests and measurements of shells; needs root. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { waitFor } from './wait-for.ts';

/** The program that has one project's shell, see there. */
const main = join(import.meta.dirname, '../../../apps/agent/src/shells/trial-main.ts');

/** What the trial says of its shell: `ShellState` of the protocol. */
interface TrialState {
  shell: string | null;
  phase: string;
  activity: string | null;
  origin: string | null;
  tookMs: number | null;
  changed: string[];
  problem: {
    path: string | null;
    line: number | null;
    column: number | null;
    message: string;
  } | null;
  reason: string | null;
}

interface TrialOptions {
  /** The library of `packages/shell-observer`. */
  observer: string | null;
  /** Where FrontendMaster is, or what stands for it. */
  frontend: { url: string; namespace: string; authorization: string } | null;
  /** Asks for terminals, and says when each shows its prompt. */
  withPrompts: boolean;
}

export interface TrialMachine {
  folder: string;
  env: Record<string, string>;
  /** Puts a command into the machine. */
  inside(argv: readonly string[]): string[];
  /** Opens a project there. */
  open(root: string, options?: Partial<TrialOptions>): Trial;
}

export interface Trial {
  /** Everything that it said. */
  said: TrialMessage[];
  state(): TrialState | null;
  ask(what: 'environment' | 'terminal' | 'output' | 'reload'): void;
  /** What it said first. */
  first(): Promise<Record<string, string>>;
  /** What it says now. */
  environment(): Promise<Record<string, string>>;
  until(wanted: (state: TrialState) => boolean, what: string): Promise<TrialState>;
  end(): Promise<void>;
}

interface TrialMessage {
  atMs: number;
  state?: TrialState;
  environment?: Record<string, string>;
  terminal?: { argv: string[]; env: Record<string, string>; shell: string | null };
  output?: string;
  /** From starting the program; `shell`: null for the login shell, which comes last once more. */
  prompt?: { tookMs: number; shell: string | null };
  pushed?: string[];
}

interface TrialMachineOptions {
  /** Program and first parameters. */
  nix: readonly string[];
  variables?: Record<string, string>;
  /** Lines of a `nix.conf` of the machine's own. */
  configuration?: readonly string[];
  /** What `/nix` is there; default: a new one in the machine's folder. */
  store?: string;
}

/** All of it is kept in `folder`, which is made. */
export function createTrialMachine(
  folder: string,
  { nix, variables = {}, configuration = [], store = join(folder, 'nix') }: TrialMachineOptions,
): TrialMachine {
  const at = (name: string) => join(folder, name);
  for (const path of [store, ...['home/bin', 'run'].map(at)]) mkdirSync(path, { recursive: true });
  if (!existsSync('/nix')) mkdirSync('/nix');
  for (const name of nix.length > 1 ? ['nix', 'nix-shell', 'nix-store', 'nix-build'] : [])
    writeFileSync(at(`home/bin/${name}`), wrapper(nix, name), { mode: 0o755 });
  writeFileSync(at('run/nix.conf'), configuration.join('\n'));
  // The system's own profile sets PATH anew.
  writeFileSync(at('home/.profile'), `PATH=$HOME/bin:$PATH\n`);
  const env = {
    PATH: `${at('home/bin')}:/usr/local/bin:/usr/bin:/bin`,
    ...{ HOME: at('home'), SHELL: '/bin/bash', LANG: 'C.UTF-8' },
    NIX_USER_CONF_FILES: at('run/nix.conf'),
    ...variables,
  };
  const inside = (argv: readonly string[]) => [
    ...['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /nix && exec "$@"', store],
    ...argv,
  ];
  return {
    folder,
    env,
    inside,
    open: (root, options = {}) => {
      const own = { env, root, runtime: at('run'), observer: null, frontend: null };
      const given = { ...own, ...options };
      const [program = '', ...rest] = inside([process.execPath, main, JSON.stringify(given)]);
      return follow(spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] }));
    },
  };
}

/** A Nix that is not installed runs by its own loader, which must be told the name of the program. */
function wrapper([loader = '', ...parameters]: readonly string[], name: string): string {
  const words = [loader, '--argv0', name, ...parameters].map((word) => `'${word}'`);
  return `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`;
}

function follow(child: ChildProcess): Trial {
  const said: TrialMessage[] = [];
  if (!child.stdout || !child.stdin) throw new TypeError('the trial has no pipes');
  const { stdin } = child;
  createInterface({ input: child.stdout }).on('line', (line) => {
    said.push(JSON.parse(line) as TrialMessage);
  });
  const state = () => said.findLast((one) => one.state)?.state ?? null;
  const answer = (from: number) =>
    waitFor(() => said.slice(from).find(({ environment }) => environment)?.environment, {
      ...{ deadlineMs: 30_000, what: 'the environment' },
    });
  const ask = (what: string) => void stdin.write(`${JSON.stringify(what)}\n`);
  return {
    said,
    state,
    ask,
    first: () => answer(0),
    environment: () => {
      const from = said.length;
      ask('environment');
      return answer(from);
    },
    until: async (wanted, what) => {
      const isOver = ({ phase, changed }: TrialState) => phase === 'failed' && changed.length === 0;
      const before = state();
      const now = await waitFor(
        () => {
          const at = state();
          return at && (wanted(at) || (at !== before && isOver(at))) ? at : null;
        },
        { deadlineMs: 30_000, what },
      );
      if (!wanted(now)) throw new TypeError(`${what}: ${now.problem?.message ?? now.reason}`);
      return now;
    },
    end: async () => {
      if (child.exitCode !== null) return;
      stdin.end();
      await once(child, 'exit');
    },
  };
}
