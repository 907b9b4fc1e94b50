/** Bitstreams among the results of a build. */
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { BitstreamInformation } from '@joh/protocol';
import { inspectBitstream } from '#bitstreams';
import { limits } from '#limits';

/** Endings that tools give them; what one is, its bytes say. */
const endings = /\.(bin|bit|bits|fs|svf|dfu|asc)$/i;

/**
 * The links that nix-build made in the project, in its own order: `result`, `result-2`, … for one path
 * each. A path without a link is named itself.
 */
export async function resultLinks(root: string, outputs: readonly string[]): Promise<string[]> {
  const names = (await readdir(root)).filter((name) => /^result(-.+)?$/.test(name));
  const links = new Map<string, string>();
  for (const name of names.sort()) {
    const target = await readlink(join(root, name)).catch(() => null);
    if (target !== null && !links.has(target)) links.set(target, join(root, name));
  }
  return outputs.map((output) => links.get(output) ?? output);
}

/** Reads the bitstreams in folders, or that are the paths themselves; the shallowest first. */
export async function findArtifacts(paths: readonly string[]): Promise<BitstreamInformation[]> {
  const found: BitstreamInformation[] = [];
  for (const path of await candidates(paths)) {
    if (found.length >= limits.artifactsMax) break;
    // An asc of place and route, or a file that only has the ending, is none.
    const information = await inspectBitstream(path).catch(() => null);
    if (information) found.push(information);
  }
  return found;
}

/** Level by level and in the order of names; links inside are not followed. */
async function candidates(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  let level = [...paths];
  let looked = 0;
  for (let depth = 0; depth <= limits.artifactDepthMax && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const path of level) {
      const names = await readdir(path).catch(() => null);
      if (names === null && endings.test(path)) files.push(path);
      for (const name of names?.sort() ?? []) {
        looked += 1;
        if (looked > limits.artifactFilesMax) return files;
        const inside = join(path, name);
        const stats = await lstat(inside).catch(() => null);
        if (stats?.isDirectory()) next.push(inside);
        else if (stats?.isFile() && endings.test(name)) files.push(inside);
      }
    }
    level = next;
  }
  return files;
}
