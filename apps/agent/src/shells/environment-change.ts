/** What a shell does to an environment, so that it can be done to another one. Pure. */
import type { VariableChange } from '@joh/protocol';

export type Environment = Readonly<Record<string, string>>;
export type Changes = Readonly<Record<string, VariableChange>>;

/** Folders that have another path in another container. */
export interface Places {
  /** The project's top. */
  root: string;
  home: string;
}

/** What running the evaluation leaves behind, and no part of the shell. */
const passing = new Set([
  ...['SHELL', 'TMPDIR', 'TEMPDIR', 'TMP', 'TEMP', 'NIX_BUILD_TOP', 'NIX_BUILD_SHELL'],
  ...['LD_PRELOAD', 'JOY_OF_HARDWARE_OBSERVE', 'JOY_OF_HARDWARE_OBSERVE_SKIP'],
  ...['PWD', 'OLDPWD', 'SHLVL', '_', 'TERM', 'NIX_USER_CONF_FILES', 'GC_INITIAL_HEAP_SIZE'],
]);

/** How `base` became `shell`. */
export function diffEnvironment(base: Environment, shell: Environment, places: Places): Changes {
  const changes: Record<string, VariableChange> = {};
  for (const name of new Set([...Object.keys(base), ...Object.keys(shell)])) {
    if (passing.has(name) || base[name] === shell[name]) continue;
    const change = changeOf(base[name], shell[name]);
    changes[name] = mapChange(change, (text) => toMarks(text, places));
  }
  return changes;
}

function changeOf(before: string | undefined, now: string | undefined): VariableChange {
  if (now === undefined) return null;
  if (!before) return { set: now };
  // A value that has the old one behind, before or between colons was added to, as PATH is.
  if (now.endsWith(`:${before}`)) return { before: now.slice(0, -before.length), after: '' };
  if (now.startsWith(`${before}:`)) return { before: '', after: now.slice(before.length) };
  const at = now.indexOf(`:${before}:`) + 1;
  if (at === 0) return { set: now };
  return { before: now.slice(0, at), after: now.slice(at + before.length) };
}

/** The environment that the changes make of `base`. */
export function applyChanges(
  base: Environment,
  changes: Changes,
  places: Places,
): Record<string, string> {
  const made: Record<string, string> = { ...base };
  for (const [name, change] of Object.entries(changes)) {
    const real = mapChange(change, (text) => fromMarks(text, places));
    if (real === null) delete made[name];
    else if ('set' in real) made[name] = real.set;
    else {
      const inner = made[name] ?? '';
      const before = inner === '' ? real.before.replace(/:$/, '') : real.before;
      made[name] = `${before}${inner}${real.after}`;
    }
  }
  return made;
}

function mapChange(change: VariableChange, map: (text: string) => string): VariableChange {
  if (change === null) return null;
  if ('set' in change) return { set: map(change.set) };
  return { before: map(change.before), after: map(change.after) };
}

/** Values of an environment hold no control characters of this kind. */
const marks = { root: '\u0001root\u0001', home: '\u0001home\u0001' } as const;

/** A text with the places that differ between containers named by marks. */
export function toMarks(text: string, { root, home }: Places): string {
  return marked(marked(text, root, marks.root), home, marks.home);
}

function marked(text: string, place: string, mark: string): string {
  if (place.length < 2) return text;
  const parts = text.split(place);
  return parts.reduce((made, part, index) => {
    if (index === 0) return part;
    // `/work/blinky2` is not in `/work/blinky`.
    const isWhole = !/^[\w.-]/.test(part);
    return `${made}${isWhole ? mark : place}${part}`;
  }, '');
}

function fromMarks(text: string, { root, home }: Places): string {
  return text.replaceAll(marks.root, root).replaceAll(marks.home, home);
}

/**
 * Reads `env -0`; what was said before the first variable is not one. Null: it is no environment, since
 * `wanted` is not in it.
 */
export function parseEnvironment(text: string, wanted: string): Record<string, string> | null {
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
  return env[wanted] ? env : null;
}

/** Variables that are another in every session, or say where it is shown: no part of what a shell is. */
const volatile =
  /^(JOY_OF_HARDWARE_|SSH_|DBUS_|XDG_(SESSION|RUNTIME|SEAT|VTNR)|TERM|COLORTERM$|DISPLAY$|WAYLAND_|WINDOWID$|HOSTNAME$|HOST$|INVOCATION_ID$|JOURNAL_STREAM$|LS_COLORS$|LD_LIBRARY_PATH$|PWD$|OLDPWD$|SHLVL$|_$|NIX_USER_CONF_FILES$|NIX_PATH$|TMPDIR$)/;

export function isVolatile(name: string): boolean {
  return volatile.test(name);
}

/** The part of an environment that a shell may have made something of, as one text. */
export function stableText(env: Environment, places: Places): string {
  const kept = Object.entries(env).filter(([name]) => !isVolatile(name));
  return JSON.stringify(
    kept
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map((pair) => pair.map((text) => toMarks(text, places))),
  );
}
