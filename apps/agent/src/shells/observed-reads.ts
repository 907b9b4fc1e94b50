/** What the observer saw an evaluation look at (`packages/shell-observer/README.md`). Pure. */
import { basename, isAbsolute, normalize, relative } from 'node:path';
import type { ShellInput } from '@joh/protocol';
import { isVolatile } from './environment-change.ts';

export interface ObservedReads {
  /** Without digests; paths inside the project are relative. */
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
  let first: string | null = null;
  let byNix = true;
  let isComplete = true;
  for (const record of log.split('\0')) {
    const [, pid = '', kind = '', path = ''] = /^(\d+) (.) ([\s\S]*)$/.exec(record) ?? [];
    if (kind === 'h') {
      started.delete(pid);
      // In the same process as Nix: the shell that runs the hook.
      if (pid === first && !isNix(path)) byNix = false;
      first ??= pid;
      programs.set(pid, path);
    } else if (kind === 'x') started.add(pid);
    // A builder; what it builds from is in its derivation.
    else if (kind === 'c') isComplete &&= byNix || isNix(programs.get(pid) ?? '');
    else if (kind !== '') seen.push({ kind, path: kind === 'g' ? path : normalize(path), byNix });
  }
  const hasSeenNix = first !== null && isNix(programs.get(first) ?? '') === byNix;
  return { seen, isComplete: isComplete && hasSeenNix && started.size === 0 };
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
  if (temporary.test(path) || ignored.some(isIn) || ignoredFolders.some(isIn)) return null;
  // Folders on the way to somewhere, and a shell's search for programs.
  if (wanted === 'presence' && (root.startsWith(`${path}/`) || home === path || path === '/'))
    return null;
  if (wanted === 'presence' && !byNix && !isIn(home)) return null;
  return { kind: wanted, path };
}
