/** `nix copy` to the cache. */
import { limits } from '#limits';
import { runToEnd } from '#processes';
import { findProgram } from './program.ts';

/**
 * Copies store paths with all that they need, at the lowest priority: the user works meanwhile.
 * @throws Error its message is Nix's own
 */
export async function copyPaths(
  paths: readonly string[],
  options: { url: string; environment: Record<string, string>; signal: AbortSignal },
): Promise<void> {
  const { url, environment, signal } = options;
  const isNiceThere = (await findProgram('nice', environment.PATH ?? '')) !== null;
  const argv = [
    ...(isNiceThere ? ['nice', '-n', '19'] : []),
    ...['nix', '--extra-experimental-features', 'nix-command'],
    // A path that has gone meanwhile must not be fetched in order to be sent back.
    ...['copy', '--option', 'substitute', 'false', '--to', `${url}?compression=zstd`],
    ...paths,
  ] as [string, ...string[]];
  const ended = await runToEnd(argv, {
    ...{ cwd: '/', env: environment, signal },
    deadlineMs: limits.nixCopyMs,
    outputBytesMax: 1024 * 1024,
  });
  if (ended.exitCode !== 0) throw new Error(nixReason(ended.stderr));
}

/**
 * The outputs of derivations that were built.
 * @throws Error its message is Nix's own
 */
export async function outputsOf(
  derivations: readonly string[],
  environment: Record<string, string>,
): Promise<string[]> {
  const ended = await runToEnd(['nix-store', '--query', '--outputs', ...derivations], {
    ...{ cwd: '/', env: environment, deadlineMs: limits.nixQueryMs, outputBytesMax: 1024 * 1024 },
  });
  if (ended.exitCode !== 0) throw new Error(nixReason(ended.stderr));
  return ended.stdout.toString().split('\n').filter(Boolean);
}

/** The first complaint in what Nix said, without its colours, at most 300 characters. */
export function nixReason(stderr: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence starts with one
  const plain = stderr.replace(/\u001b\[[0-9;]*m/g, '');
  const lines = plain
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const at = Math.max(
    0,
    lines.findIndex((line) => line.startsWith('error:')),
  );
  const text = lines
    .slice(at, at + 4)
    .join(' ')
    .replace(/^error: */, '');
  return text.replace(/\s+/g, ' ').slice(0, 300).replace(/\.$/, '') || 'it gave no reason';
}
