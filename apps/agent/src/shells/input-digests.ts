/** What is at the inputs of shells now. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ShellInput } from '@joh/protocol';
import { limits } from '#limits';
import { type Environment, type Places, stableText } from './environment-change.ts';
import { type Digests, inputKey } from './shell-record.ts';

/** The input that stands for the environment before the shell. */
export const environmentInput = { kind: 'variable', path: '*' } as const;

export interface DigestsTaken {
  digests: Digests;
  /** Newest change of anything whose contents count, milliseconds since 1970. */
  changedAtMs: number;
}

/**
 * Hashes them, some at once. What cannot be read counts as not there; null when there is more to hash than
 * is worth it.
 */
export async function takeDigests(
  inputs: readonly Omit<ShellInput, 'digest'>[],
  { env, places }: { env: Environment; places: Places },
): Promise<DigestsTaken | null> {
  const digests = new Map<string, string | null>();
  const budget = { bytes: limits.shellInputBytesMax, changedAtMs: 0 };
  const waiting = [...inputs];
  const work = async () => {
    for (let one = waiting.pop(); one; one = waiting.pop())
      digests.set(inputKey(one), await digestOf(one, { env, places, budget }));
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return budget.bytes < 0 ? null : { digests, changedAtMs: budget.changedAtMs };
}

interface Looking {
  env: Environment;
  places: Places;
  budget: { bytes: number; changedAtMs: number };
}

async function digestOf(
  { kind, path }: Omit<ShellInput, 'digest'>,
  { env, places, budget }: Looking,
): Promise<string | null> {
  if (kind === 'variable') {
    const text = path === environmentInput.path ? stableText(env, places) : env[path];
    return text === undefined ? null : sha256(text);
  }
  const at = path.startsWith('~/') ? places.home + path.slice(1) : resolve(places.root, path);
  const there = await lstat(at).catch(() => null);
  if (!there) return null;
  const presence = there.isSymbolicLink()
    ? `link to ${await readlink(at).catch(() => '')}`
    : typeOf(there);
  if (kind === 'presence') return presence;
  const target = there.isSymbolicLink() ? await stat(at).catch(() => null) : there;
  if (!target) return presence;
  budget.changedAtMs = Math.max(budget.changedAtMs, target.ctimeMs, there.ctimeMs);
  return `${presence} ${await contentsOf(at, target, budget)}`;
}

async function contentsOf(path: string, stats: Stats, budget: Looking['budget']): Promise<string> {
  if (stats.isDirectory()) {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    const names = entries.map((entry) => `${typeOf(entry)} ${entry.name}`).sort();
    return sha256(names.join('\0'));
  }
  if (!stats.isFile()) return '';
  budget.bytes -= stats.size;
  if (budget.bytes < 0) return '';
  // A copy in the store has the bit too.
  const isExecutable = (stats.mode & 0o100) !== 0;
  const bytes = await readFile(path).catch(() => null);
  return bytes ? `${sha256(bytes)}${isExecutable ? ' x' : ''}` : '';
}

function typeOf(entry: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): string {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
