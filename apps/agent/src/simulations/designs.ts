/**
 * Designs of built bitstreams, kept in the project's `build/` so that they can be simulated later: a
 * folder for each, named by the bitstream's hash.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Relative to the project. */
const designsFolder = 'build/.virtual-board';
/** Each is megabytes at most; one that went is made again by a build. */
const designsMax = 4;

export const designFiles = {
  rtlil: 'design.il',
  constraints: 'pins.pcf',
  description: 'design.json',
  module: 'module.wasm',
  /** Written last: where it is, the module is whole. */
  simulation: 'simulation.json',
} as const;

const description = z.object({ board: z.string(), top: z.string() });
type Description = z.infer<typeof description>;

export interface Design extends Description {
  /** Absolute. */
  folder: string;
  rtlil: string;
  constraints: string;
}

/** Keeps what a build has made of the sources; `rtlil` is moved, the oldest designs go. */
export async function keepDesign(
  root: string,
  given: Description & { bitstreamHash: string; rtlil: string; constraints: string },
): Promise<void> {
  const { bitstreamHash, rtlil, constraints, board, top } = given;
  const folder = join(root, designsFolder, bitstreamHash);
  await mkdir(folder, { recursive: true });
  // Of the same bitstream, what was compiled stays good.
  await writeFile(join(folder, designFiles.constraints), await readFile(constraints));
  await rename(rtlil, join(folder, designFiles.rtlil));
  await writeFile(join(folder, designFiles.description), JSON.stringify({ board, top }));
  await prune(join(root, designsFolder));
}

/** Null when no build has made this bitstream, or it was too long ago. */
export async function findDesign(root: string, bitstreamHash: string): Promise<Design | null> {
  const folder = join(root, designsFolder, bitstreamHash);
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  try {
    const { board, top } = description.parse(JSON.parse(await read(designFiles.description)));
    const rtlil = await read(designFiles.rtlil);
    return { folder, board, top, rtlil, constraints: await read(designFiles.constraints) };
  } catch {
    // Half of one is none: the next build makes it again.
    return null;
  }
}

async function prune(folder: string): Promise<void> {
  const names = await readdir(folder);
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = aged.sort((a, b) => b.at - a.at).slice(designsMax);
  await Promise.all(
    old.map(({ name }) => rm(join(folder, name), { recursive: true, force: true })),
  );
}
