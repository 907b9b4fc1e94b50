/** What a login shell sets. */
import { limits } from '#limits';
import { runToEnd } from '#processes';
import { parseEnvironment } from './environment-change.ts';

/** Never rejects: a shell that fails gives the environment before it. */
export async function loginEnvironment(
  env: Record<string, string>,
  cwd: string,
): Promise<Record<string, string>> {
  try {
    const ended = await runToEnd([env.SHELL ?? '/bin/sh', '-l', '-c', 'env -0'], {
      ...{ cwd, env, deadlineMs: limits.shellProbeMs },
      outputBytesMax: limits.shellEnvironmentBytesMax,
    });
    return (ended.exitCode === 0 && parseEnvironment(ended.stdout.toString(), 'PATH')) || env;
  } catch {
    return env;
  }
}
