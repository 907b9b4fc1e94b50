/** What the observer saw an evaluation look at (`packages/shell-observer/README.md`). Pure. */
import { basename, isAbsolute, normalize, relative } from 'node:path';
import type { ShellInput } from '@joh/protocol';
import { isVolatile } from './environment-change.ts';

export interface ObservedReads {
  /** Without digests; see `ShellInput`. */
  inputs: Omit<ShellInput, 'digest'>[];
  /** Whether every program was seen that had a part in it. Only then may the list be relied on. */
  isComplete: boolean;
  /** Nix looked up when it last fetched something that no hash names. */
  usedFetcher: boolean;
}

export interface ObservedPlaces {
  root: string;
  home: string;
  /** Folders that the agent and Nix write to and that decide nothing. */
  ignored: readonly string[];
}

interface Seen {
  kind: string;
  path: string;
  /** Whether Nix itself looked, and not the bash that runs the hook. */
  byNix: boolean;
}

/** Variables that Nix asks for at every start. */
const askedAlways = new Set([
  'TERM',
  'XDG_RUNTIME_DIR',
  'TMPDIR',
  'NIX_PATH',
  'NIX_USER_CONF_FILES',
]);
const ignoredFolders = ['/nix', '/proc', '/sys', '/dev', '/run'];
/** Where temporary folders are made, and what Nix looks for before it builds without a sandbox. */
const ignoredPaths = ['/tmp', '/var/tmp', '/homeless-shelter'];
/** Symbolic links here say which nixpkgs a channel is. */
const keptFolder = '/nix/var/nix/profiles';
const temporary = /(^|\/)nix-(shell|build)[.-][^/]*(\/|$)/;
const fetcherCache = /\/fetcher-cache-v\d+\.sqlite$/;

export function readObservation(log: string, places: ObservedPlaces): ObservedReads {
  const { seen, isComplete } = follow(log);
  const written = new Set(seen.filter(({ kind }) => kind === 'w').map(({ path }) => path));
  const inputs = new Map<string, Omit<ShellInput, 'digest'>>();
  for (const one of seen) {
    const input = inputOf(one, places);
    // What the hook has made itself is its result.
    if (!input || written.has(one.path)) continue;
    const known = inputs.get(input.path);
    if (known?.kind !== 'contents') inputs.set(input.path, input);
  }
  return {
    inputs: [...inputs.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    isComplete,
    usedFetcher: seen.some(({ path }) => fetcherCache.test(path)),
  };
}

/** Goes through the records in order: which process is which program, and whether one was not seen. */
function follow(log: string): { seen: Seen[]; isComplete: boolean } {
  const seen: Seen[] = [];
  /** Started, and not seen yet. */
  const started = new Set<string>();
  const programs = new Map<string, string>();
  /** The process that begins as Nix and becomes the shell that runs the hook. */
  let first: string | null = null;
  let stage: 'before' | 'nix' | 'hook' = 'before';
  let isComplete = true;
  for (const record of log.split('\0')) {
    const [, pid = '', kind = '', path = ''] = /^(\d+) (.) ([\s\S]*)$/.exec(record) ?? [];
    if (kind === 'h') {
      started.delete(pid);
      first ??= pid;
      // Before it, a script may have looked for Nix.
      if (pid === first && isNix(path)) stage = 'nix';
      else if (pid === first && stage === 'nix') stage = 'hook';
      programs.set(pid, path);
    } else if (kind === 'x') started.add(pid);
    // A builder; what it builds from is in its derivation.
    else if (kind === 'c') isComplete &&= stage === 'nix' || isNix(programs.get(pid) ?? '');
    // A builder is made ready by a process of Nix that never was another program.
    else if (kind !== '' && (stage === 'hook' || (stage === 'nix' && programs.has(pid))))
      seen.push({ kind, path: kind === 'g' ? path : normalize(path), byNix: stage === 'nix' });
  }
  return { seen, isComplete: isComplete && stage === 'hook' && started.size === 0 };
}

/** Nix may be run by a loader that is named in its stead. */
function isNix(program: string): boolean {
  return /^(nix|ld-linux|ld-musl)/.test(basename(program));
}

function inputOf(
  { kind, path, byNix }: Seen,
  { root, home, ignored }: ObservedPlaces,
): Omit<ShellInput, 'digest'> | null {
  if (kind === 'g') {
    const counts = byNix && isVolatile(path) && !askedAlways.has(path);
    return counts ? { kind: 'variable', path } : null;
  }
  if (kind !== 'o' && kind !== 's') return null;
  const wanted = kind === 'o' ? 'contents' : 'presence';
  const inside = relative(root, path);
  if (!inside.startsWith('..') && !isAbsolute(inside))
    return { kind: wanted, path: inside === '' ? '.' : inside };
  const isIn = (folder: string) => path === folder || path.startsWith(`${folder}/`);
  if (isIn(keptFolder)) return { kind: wanted, path };
  if (ignoredPaths.includes(path)) return null;
  if (temporary.test(path) || ignored.some(isIn) || ignoredFolders.some(isIn)) return null;
  // Folders on the way to somewhere, and a shell's search for programs.
  if (wanted === 'presence' && (root.startsWith(`${path}/`) || home === path || path === '/'))
    return null;
  if (wanted === 'presence' && !byNix && !isIn(home)) return null;
  return { kind: wanted, path: isIn(home) ? `~${path.slice(home.length)}` : path };
}
