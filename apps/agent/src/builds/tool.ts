/** The tools of a build: which there are, and how they are run. */
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fault } from '@joh/protocol';
import { ecp5Tools } from './ecp5-steps.ts';
import { type BuildInputs, isVhdl } from './settings.ts';

export interface Toolchain {
  kind: 'native' | 'embedded';
  env: Record<string, string>;
  /** What goes before a tool's own arguments. */
  command(tool: string): [string, ...string[]];
}

const bitstreamTools = ['yosys', 'nextpnr-ice40', 'icepack'] as const;

/** Tools that only the project's shell can have. Pure. */
function shellTools({ bitstream, sources, testbench }: BuildInputs): string[] {
  const tools: string[] = testbench ? [testbench.tool] : [];
  if (testbench?.tool === 'iverilog') tools.push('vvp');
  if (bitstream && sources.some(isVhdl)) tools.push('ghdl');
  if (bitstream?.board.family === 'ecp5') tools.push(...ecp5Tools);
  return tools;
}

/**
 * The native tools when the project's shell has all of them, else the embedded ones.
 * @throws Fault `E_BUILD_CONFIGURATION` when it lacks one that is not embedded.
 */
export async function findToolchain(
  env: Record<string, string>,
  embedded: readonly [string, ...string[]],
  inputs: BuildInputs,
): Promise<Toolchain> {
  const needed = shellTools(inputs);
  const found = new Map<string, string>();
  for (const tool of [...needed, ...bitstreamTools]) {
    const path = await findOnPath(env.PATH ?? '', tool);
    if (path !== null) found.set(tool, path);
  }
  const missing = needed.find((tool) => !found.has(tool));
  if (missing)
    throw fault('E_BUILD_CONFIGURATION', {
      reason: `it needs ${missing}, which the project’s shell has not; name it in shell.nix`,
    });
  const isEmbeddable = inputs.bitstream?.board.family === 'ice40';
  const isNative = !isEmbeddable || bitstreamTools.every((tool) => found.has(tool));
  return {
    kind: isNative ? 'native' : 'embedded',
    env,
    command: (tool) => {
      const isOurs = !isNative && bitstreamTools.some((name) => name === tool);
      return isOurs ? [...embedded, tool] : [found.get(tool) ?? tool];
    },
  };
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
