/** Running the real git. */
import { fault } from '@joh/protocol';
import { limits } from '#limits';
import { type Ended, runToEnd } from '#processes';

interface GitOptions {
  cwd: string;
  input?: string;
  signal?: AbortSignal;
  deadlineMs?: number;
  onProgress?: (text: string) => void;
  outputBytesMax?: number;
}

export type Git = (args: readonly string[], options: GitOptions) => Promise<Ended>;

/**
 * git with the given environment, asking nobody anything. `GIT_OPTIONAL_LOCKS=0` keeps a status from
 * taking the index lock away under the user's own git (git(1), "--no-optional-locks").
 */
export function createGit(env: NodeJS.ProcessEnv): Git {
  const quiet: NodeJS.ProcessEnv = {
    ...env,
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_EDITOR: 'true',
    LC_ALL: 'C.UTF-8',
  };
  return (args, { cwd, input, signal, deadlineMs, onProgress, outputBytesMax }) =>
    runToEnd(['git', ...args], {
      cwd,
      env: quiet,
      deadlineMs: deadlineMs ?? limits.gitLocalMs,
      outputBytesMax: outputBytesMax ?? limits.gitOutputBytesMax,
      ...(input === undefined ? {} : { input }),
      ...(signal ? { signal } : {}),
      ...(onProgress ? { onStderr: onProgress } : {}),
    });
}

/** Throws `E_SOURCE_CONTROL_FAILED` with git's own words when it did not succeed. */
export function mustSucceed(ended: Ended): Ended {
  if (ended.exitCode === 0) return ended;
  throw fault('E_SOURCE_CONTROL_FAILED', { reason: gitReason(ended) });
}

/** The lines of git's complaint that explain it, at most 600 characters. */
export function gitReason(ended: Ended): string {
  const lines = `${ended.stderr}\n${ended.stdout.toString()}`
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter(Boolean);
  const telling = lines.filter((line) => /^(fatal|error|remote|! |CONFLICT)/.test(line));
  const reason = (telling.length > 0 ? telling : lines)
    .map((line) => line.replace(/^(fatal|error): /, ''))
    .join('; ')
    .slice(0, 600);
  return reason || `it ended with ${ended.signal ?? ended.exitCode}`;
}
