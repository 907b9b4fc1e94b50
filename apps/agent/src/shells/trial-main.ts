/**
 * One project's shell as a process of its own, for `createTrialMachine` of the testkit, which gives it a
 * `/nix` of its own: options as JSON in the argument; a line of JSON for each state, `"environment"`, `"terminal"`,
 * `"output"` and `"reload"` as lines of standard input. Ends with its input.
 */
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { systemClock, systemRandom } from '@joh/clock';
import { createNix } from '#nix';
import type { InsideShell } from '#terminals';
import { openProjectShell } from './opening.ts';
import { loginTerminal } from './terminal-shell.ts';

interface TrialOptions {
  env: Record<string, string>;
  root: string;
  /** Folder of the agent's own. */
  runtime: string;
  observer: string | null;
  /** Where FrontendMaster is, or what stands for it. */
  frontend: { url: string; namespace: string; authorization: string } | null;
  /** Says how long a terminal takes until its prompt: at first, and once nothing is found out any more. */
  withPrompts?: boolean;
}

const options = JSON.parse(process.argv[2] ?? '') as TrialOptions;
const { frontend } = options;
const clock = systemClock();
// Loaded before the time runs, as in an agent that is warm.
const { default: nodePty } = await import('@lydell/node-pty');
const startedMs = clock.monotonic();
const log = (text: string) => process.stderr.write(`${text}\n`);
const say = (message: object) =>
  process.stdout.write(`${JSON.stringify({ atMs: clock.monotonic() - startedMs, ...message })}\n`);
mkdirSync(options.runtime, { recursive: true });
/** What is waited for comes, also on a busy machine; the bench wants the time as it is. */
const patient = {
  ...clock,
  sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms * 40, signal),
};
const nix = createNix({ ...options, clock, log, onGivenUp: (fault) => log(fault.message) });
const shell = openProjectShell({
  ...{ ...options, random: systemRandom(), log },
  clock: options.withPrompts ? clock : patient,
  nix: {
    version: nix.version,
    push: (paths) => void say({ pushed: paths }),
    frontend: () => frontend && { ...frontend, authorization: () => frontend.authorization },
  },
});
shell.onChanged((state) => void say({ state }));
if (options.withPrompts) {
  const first = await prompt(await shell.terminal());
  await shell.settled();
  if (shell.state().shell !== first) await prompt(await shell.terminal());
  await prompt(loginTerminal(options.env));
} else say({ environment: await shell.environment() });
for await (const line of createInterface({ input: process.stdin })) {
  const asked: unknown = JSON.parse(line);
  if (asked === 'environment') say({ environment: await shell.environment() });
  if (asked === 'terminal') say({ terminal: await shell.terminal() });
  if (asked === 'output') say({ output: shell.output() });
  if (asked === 'reload') shell.reload();
}
shell.close();
process.exit(0);

/** Starts a terminal; resolves with its shell when it shows a prompt. */
async function prompt({ argv, env, shell: inside }: InsideShell): Promise<string | null> {
  const askedMs = clock.monotonic();
  const [file = '', ...args] = argv;
  const pty = nodePty.spawn(file, args, { env, cwd: options.root, cols: 200, rows: 24 });
  let shown = '';
  await new Promise<void>((resolve) => {
    pty.onData((text) => {
      shown += text;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own sequences
      if (/[#$] (\u001b\[\?2004h)?$/.test(shown)) resolve();
    });
  });
  say({ prompt: { tookMs: clock.monotonic() - askedMs, shell: inside } });
  pty.kill();
  return inside;
}
