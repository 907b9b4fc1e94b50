/** The tools of a build: which there are, and how they are run. */
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Step } from './steps.ts';

export interface Toolchain {
  kind: 'native' | 'embedded';
  env: Record<string, string>;
  /** What goes before a tool's own arguments. */
  command(tool: Step['tool']): [string, ...string[]];
}

const tools = ['yosys', 'nextpnr-ice40', 'icepack'] as const;

/** The native tools when the project's shell has all of them, else the embedded ones. */
export async function findToolchain(
  env: Record<string, string>,
  embedded: readonly [string, ...string[]],
): Promise<Toolchain> {
  const paths = await Promise.all(tools.map((tool) => findOnPath(env.PATH ?? '', tool)));
  const found = new Map(tools.map((tool, index) => [tool, paths[index] ?? null]));
  if (paths.every((path) => path !== null))
    return { kind: 'native', env, command: (tool) => [found.get(tool) ?? tool] };
  return { kind: 'embedded', env, command: (tool) => [...embedded, tool] };
}

async function findOnPath(path: string, tool: string): Promise<string | null> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, tool);
    const isThere = folder.startsWith('/') && (await canRun(file));
    if (isThere) return file;
  }
  return null;
}

const canRun = async (file: string) => {
  try {
    await access(await realpath(file), constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
