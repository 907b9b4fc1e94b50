/** Installs a package with the system's rights, after the system's own dialog. */
import { fault } from '@joh/protocol';
import { limits } from '#limits';
import { findProgram, runToEnd } from '#processes';
import type { PackageFile } from './package-file.ts';

/**
 * Root installs a copy that nobody else can change, and only if it is still what was checked; nothing is
 * removed and nothing is made older.
 */
const script = `set -eu
umask 022
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -- "$1" "$folder/package.deb"
printf '%s  %s\\n' "$2" "$folder/package.deb" | sha256sum --check --status || {
  echo 'the package was changed after it was checked' >&2
  exit 1
}
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-remove "$folder/package.deb"
`;

/** What a person types to do the same. */
export function installCommand({ path }: PackageFile): string {
  return `sudo apt install '${path.replaceAll("'", `'\\''`)}'`;
}

/**
 * False when the system has no such dialog: the command is for the user then.
 * Throws `E_UPDATE_FAILED`.
 */
export async function installPackage(
  file: PackageFile,
  env: Record<string, string>,
): Promise<boolean> {
  const failed = (reason: string) =>
    fault('E_UPDATE_FAILED', { reason, command: installCommand(file) });
  if (!(await findProgram('pkexec', env.PATH ?? ''))) return false;
  const argv = ['pkexec', '/bin/sh', '-c', script, 'sh', file.path, file.sha256] as const;
  const ended = await runToEnd([...argv], {
    cwd: '/',
    env,
    deadlineMs: limits.updateInstallMs,
    outputBytesMax: 16 * 1024 * 1024,
  }).catch((error: unknown) => {
    throw failed(error instanceof Error ? error.message : String(error));
  });
  // pkexec(1): 126 when the dialog was dismissed, 127 when nobody could be asked.
  if (ended.exitCode === 126) throw failed('the dialog was closed');
  if (ended.exitCode === 127) return false;
  const [reason = 'it was refused'] = ended.stderr.trim().split('\n').slice(-1);
  if (ended.exitCode !== 0) throw failed(reason.slice(0, 300));
  return true;
}
