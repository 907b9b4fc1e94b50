/**
 * The shell of the project: what a login shell sets, then what `shell.nix` adds. New programs start at
 * once in the last shell that is known, while what the file says now is found out.
 */
import type { ShellState } from '@joh/protocol';
import { limits } from '#limits';
import type { InsideShell } from '#terminals';
import { applyChanges, type Environment } from './environment-change.ts';
import { environmentInput } from './input-digests.ts';
import { watchInputs } from './input-watch.ts';
import { changesSince } from './known-shells.ts';
import { loginEnvironment } from './login-environment.ts';
import { createShellDesk, type ShellDesk } from './shell-desk.ts';
import { keptWords, type SearchOptions, searchShell } from './shell-search.ts';
import { insideTerminal, loginTerminal } from './terminal-shell.ts';

export interface ProjectShell {
  /** Waits for the login shell, and not for Nix. Never rejects. */
  environment(): Promise<Record<string, string>>;
  /** How a new terminal starts; the same. */
  terminal(): Promise<InsideShell>;
  /** Resolves when nothing is being found out any more, however it ended. */
  settled(): Promise<void>;
  state(): ShellState;
  /** What Nix said of the latest evaluation. */
  output(): string;
  /** Finds out what the description says now. */
  reload(): void;
  /** Ends that; what is in use stays in use. */
  cancel(): void;
  onChanged(listener: (state: ShellState) => void): () => void;
  close(): void;
}

export interface ProjectShellOptions extends Omit<SearchOptions, 'places'> {
  env: Record<string, string>;
  root: string;
}

/** A search for the shell, and what it began with. */
interface Run {
  stop: AbortController;
  login: Promise<Record<string, string>>;
  /** What can be had at once is in use. */
  opened: Promise<void>;
  settled: Promise<void>;
}

/** Looks for it at once. */
export function createProjectShell(options: ProjectShellOptions): ProjectShell {
  const { env, root, clock } = options;
  const places = { root, home: env.HOME ?? '/' };
  const desk = createShellDesk();
  let stopWatching: () => void = () => undefined;
  let run = begin();

  function begin(): Run {
    const stop = new AbortController();
    const opened = Promise.withResolvers<void>();
    const login = loginEnvironment(env, root);
    // Asked once and remembered: side by side with the login shell.
    options.nix.version().catch(() => undefined);
    const search = async () => {
      const own = { ...options, places, desk, signal: stop.signal, onOpened: opened.resolve };
      await searchShell({ ...own, startedMs: clock.monotonic(), base: await login });
      await watch(await login, stop.signal);
    };
    const settled = search()
      .catch((error: unknown) => {
        if (!stop.signal.aborted) fail(desk, options.log, error);
      })
      .finally(opened.resolve);
    return { stop, login, opened: opened.promise, settled };
  }

  async function watch(base: Environment, signal: AbortSignal): Promise<void> {
    stopWatching();
    const look = async () => {
      const inputs = desk.dependsOn.filter(({ path }) => path !== environmentInput.path);
      const changed = await changesSince({ inputs }, { env: base, places });
      if (!signal.aborted && changed) desk.say({ changed });
    };
    const paths = desk.dependsOn.map(({ path }) => path);
    stopWatching = watchInputs({ root, paths, clock }, () => void look().catch(() => undefined));
    // What was saved while Nix evaluated.
    await look();
  }

  const inUseOf = async () => {
    const { login, opened } = run;
    const base = await login;
    const late = new AbortController();
    await Promise.race([
      opened,
      clock.sleep(limits.shellKnownMs, late.signal).catch(() => undefined),
    ]);
    late.abort();
    const inUse = desk.inUse();
    return { base, inUse, env: inUse ? applyChanges(base, inUse.record.changes, places) : base };
  };
  return {
    environment: async () => (await inUseOf()).env,
    terminal: async () => {
      const { inUse, env: inside } = await inUseOf();
      if (!inUse) return loginTerminal(env);
      const { shell, record } = inUse;
      return insideTerminal({ env: inside, shell, changes: record.changes }, options.runtime);
    },
    settled: () => run.settled,
    state: desk.state,
    output: () => desk.output,
    reload: () => {
      run.stop.abort();
      run = begin();
    },
    cancel: () => cancel(run, desk),
    onChanged: desk.onChanged,
    close: () => {
      run.stop.abort();
      stopWatching();
    },
  };
}

function cancel({ stop }: Run, desk: ShellDesk): void {
  const { phase } = desk.state();
  if (phase !== 'evaluating' && phase !== 'fetching') return;
  stop.abort();
  const reason = `The evaluation was cancelled. ${keptWords(desk)}`;
  desk.say({ phase: 'failed', activity: null, problem: null, reason });
}

function fail(desk: ShellDesk, log: (text: string) => void, error: unknown): void {
  log(`shell: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  const what = error instanceof Error ? error.message : String(error);
  desk.say({ phase: 'failed', activity: null, reason: `${what}. ${keptWords(desk)}` });
}

/** The shell of a folder that is not trusted: nothing that it says is evaluated, and nothing is found. */
export function createUntrustedShell(env: Record<string, string>): ProjectShell {
  const desk = createShellDesk();
  const bare = { ...env, PATH: '' };
  return {
    environment: async () => bare,
    terminal: async () => loginTerminal(env),
    settled: async () => undefined,
    state: desk.state,
    output: () => '',
    reload: () => undefined,
    cancel: () => undefined,
    onChanged: desk.onChanged,
    close: () => undefined,
  };
}
