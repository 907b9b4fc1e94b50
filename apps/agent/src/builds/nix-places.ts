/** Where a file that a log names is in the project. Pure. */
import { basename, join, normalize } from 'node:path';

export interface ProjectFiles {
  /** The project's folder. */
  root: string;
  /** Paths relative to it that a build is likely to be about, each a file. */
  known: readonly string[];
  /** Whether a path relative to it is a file. */
  isFile(path: string): boolean;
}

/** A folder that Nix builds in: `/build` in a sandbox, else `nix-build-<derivation>-<count>` in a temporary one. */
const buildFolder =
  /^(?:\/build|(?:\/[^/]+)*\/nix-build-[^/]+-\d+|\/nix\/var\/nix\/builds\/[^/]+)\//;
/** A store path without its hash, and what lies below. */
const storePath = /^(?:\/[^/]+)+\/[0-9a-df-np-sv-z]{32}-(.+)$/;
/** Folders that unpacking puts above the project's files. */
const foldersAbove = 2;

/**
 * The project's own file for a path in the log of a derivation; null when it is none. Derivations build in
 * a copy of the project, and say so with paths relative to the copy, into the builder's folder, or
 * into the store.
 */
export function projectFile(path: string, files: ProjectFiles): string | null {
  if (path.startsWith(`${files.root}/`)) return path;
  const found = candidates(path).find((one) => isInside(one) && files.isFile(one));
  if (found !== undefined) return join(files.root, found);
  // `src = ./src` builds in a copy of a part; a name that only one source has is that source.
  const name = basename(path);
  const named = files.known.filter((one) => basename(one) === name);
  return named.length === 1 && named[0] !== undefined ? join(files.root, named[0]) : null;
}

function candidates(path: string): string[] {
  const stored = storePath.exec(path)?.[1];
  const built = path.replace(buildFolder, '');
  const below = stored ?? built;
  if (below.startsWith('/')) return [];
  const parts = normalize(below).split('/');
  while (parts[0] === '..') parts.shift();
  const count = below === path ? 1 : foldersAbove;
  return Array.from({ length: count + 1 }, (_, above) => parts.slice(above).join('/'));
}

const isInside = (path: string) => path !== '' && !path.startsWith('..');
