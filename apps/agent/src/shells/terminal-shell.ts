/** How a terminal starts in the project's shell. */
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { InsideShell } from '#terminals';
import type { Changes } from './environment-change.ts';

/** A terminal without the project's shell. */
export function loginTerminal(env: Record<string, string>): InsideShell {
  return { env, argv: [env.SHELL ?? '/bin/sh', '-l'], shell: null };
}

/**
 * A terminal inside it. No login shell: `env` has what a login sets already, and `/etc/profile` would set
 * PATH anew. In bash the prompt says where one is.
 */
export async function insideTerminal(
  { env, shell, changes }: { env: Record<string, string>; shell: string; changes: Changes },
  runtime: string,
): Promise<InsideShell> {
  const program = env.SHELL ?? '/bin/sh';
  if (basename(program) !== 'bash') return { env, argv: [program], shell };
  const file = join(runtime, `shell-${shell}.bashrc`);
  await writeFile(file, bashrc(pathOf(changes)), { mode: 0o600 });
  return { env, argv: [program, '--rcfile', file], shell };
}

function pathOf({ PATH: change }: Changes): string {
  return change && 'before' in change ? change.before : '';
}

/** Pure: the user's own file first; what it does to PATH must not hide the shell's tools. */
function bashrc(path: string): string {
  const quoted = `'${path.replaceAll("'", `'\\''`)}'`;
  const again = path === '' ? '' : `case $PATH in ${quoted}*) ;; *) PATH=${quoted}$PATH ;; esac\n`;
  return `# Read by bash in terminals of the project's shell.
[ -r ~/.bashrc ] && . ~/.bashrc
${again}[ "\${PS1-}" = '\\s-\\v\\$ ' ] && PS1='\\w\\$ '
PS1='\\[\\e[1;32m\\][nix-shell]\\[\\e[0m\\] '"\${PS1-}"
`;
}
