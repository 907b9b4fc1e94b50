/** The environment of what the user runs. */
import { access, readdir } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';

/** Set by package runners and the agent itself; no business of a user's program. */
const own =
  /^(JOH_|npm_|NODE_OPTIONS$|NODE_COMPILE_CACHE$|NODE_CHANNEL|NODE_ENV$|INIT_CWD$|VITEST|PWD$|OLDPWD$|SHLVL$|_$)/;

/** `env` without the agent's own variables, and with what every program may count on. */
export function userEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !own.test(entry[0]),
  );
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    ...Object.fromEntries(kept),
    HOME: env.HOME ?? homedir(),
    SHELL: userShell(env),
  };
}

/** The user's shell: `SHELL`, or what the user database says. */
export function userShell(env: NodeJS.ProcessEnv): string {
  return env.SHELL || userInfo().shell || '/bin/sh';
}

/** What a terminal of the IDE can do: xterm's own names. */
export const terminalEnvironment: Readonly<Record<string, string>> = {
  TERM: 'xterm-256color',
  COLORTERM: 'truecolor',
  TERM_PROGRAM: 'joy-of-hardware',
};

/**
 * What lets USB tools find the boards of the user's desk: a folder with the libraries that they look
 * for. Empty where those were not built, and where the machine has USB of its own, whose devices the
 * tools should find as ever.
 */
export async function usbEnvironment(
  env: Readonly<Record<string, string>>,
  socket: string,
  libraries: string,
): Promise<Record<string, string>> {
  const isBuilt = await access(libraries).then(
    () => true,
    () => false,
  );
  const buses = await readdir('/dev/bus/usb').catch(() => []);
  if (!isBuilt || buses.length > 0) return {};
  const { LD_LIBRARY_PATH: before } = env;
  return {
    JOY_OF_HARDWARE_USB: socket,
    LD_LIBRARY_PATH: before ? `${libraries}:${before}` : libraries,
  };
}
