/** The environment of the project's shell: what a login shell sets, then what `shell.nix` adds. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '#limits';
import { runToEnd } from './output.ts';

/** Never rejects: a shell that fails gives the environment before it. */
export interface ProjectShell {
  /** Waits for the login shell only; has what `shell.nix` adds once that is known. */
  environment(): Promise<Record<string, string>>;
}

/** File names of a shell's description, the first that exists counts. */
const descriptions = ['shell.nix', 'nix.shell'] as const;

/** Both are evaluated once for each version of the description, in the background. */
export function createProjectShell(options: {
  env: Record<string, string>;
  root: () => string;
  /** Called when the environment has changed. */
  onChanged: () => void;
}): ProjectShell {
  const { env, root } = options;
  let login: Promise<Record<string, string>> | null = null;
  let nix: { version: string; env: Record<string, string> | null } | null = null;
  let asked = 0;
  let applied = 0;
  const refresh = async (base: Record<string, string>) => {
    const turn = ++asked;
    const described = await findDescription(root());
    // A look that began earlier and ended later must not undo this one.
    if (turn < applied) return;
    applied = turn;
    const version = described ? `${described.path} ${described.mtimeMs}` : '';
    if (nix?.version === version) return;
    const started = { version, env: null as Record<string, string> | null };
    nix = started;
    if (!described) return;
    started.env = await nixEnvironment(described.path, base, root());
    if (nix === started && started.env) options.onChanged();
  };
  return {
    environment: async () => {
      login ??= loginEnvironment(env, root());
      const base = await login;
      // Evaluating takes seconds; who asks meanwhile gets the login shell's.
      refresh(base).catch(() => undefined);
      return nix?.env ?? base;
    },
  };
}

async function findDescription(root: string): Promise<{ path: string; mtimeMs: number } | null> {
  for (const name of descriptions) {
    const path = join(root, name);
    const stats = await stat(path).catch(() => null);
    if (stats?.isFile()) return { path, mtimeMs: stats.mtimeMs };
  }
  return null;
}

async function loginEnvironment(env: Record<string, string>, cwd: string) {
  const argv = [env.SHELL ?? '/bin/sh', '-l', '-c', 'env -0'] as const;
  return (await probe([...argv], env, cwd, limits.shellProbeMs)) ?? env;
}

async function nixEnvironment(path: string, env: Record<string, string>, cwd: string) {
  return probe(['nix-shell', path, '--run', 'env -0'], env, cwd, limits.nixShellMs);
}

async function probe(
  argv: [string, ...string[]],
  env: Record<string, string>,
  cwd: string,
  deadlineMs: number,
): Promise<Record<string, string> | null> {
  try {
    const ended = await runToEnd(argv, { cwd, env, deadlineMs, outputBytesMax: 4 * 1024 * 1024 });
    return ended.exitCode === 0 ? parseEnvironment(ended.stdout.toString()) : null;
  } catch {
    return null;
  }
}

/** Reads `env -0`; what a profile said before the first variable is not one. */
export function parseEnvironment(text: string): Record<string, string> | null {
  const entries = text.split('\0').flatMap((entry): [string, string][] => {
    const found = /(?:^|\n)([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(entry);
    return found?.[1] && found[2] !== undefined ? [[found[1], found[2]]] : [];
  });
  const {
    PWD: _pwd,
    OLDPWD: _oldpwd,
    SHLVL: _shlvl,
    _: _last,
    ...env
  } = Object.fromEntries(entries);
  return env.PATH ? env : null;
}
