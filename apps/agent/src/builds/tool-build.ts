/** A build by the tools: the steps one after another, then the bitstream in its place. */
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { readBitstream } from '@joh/bitstream';
import { type Build, fault, type Problem } from '@joh/protocol';
import { bitstreamHash } from '@joh/virtual-board';
import { limits } from '#limits';
import { runTool } from '#processes';
import { keepDesign } from '#simulations';
import { projectFile } from './nix-places.ts';
import { problemOf } from './problems.ts';
import { parseReport } from './report.ts';
import type { Run } from './run.ts';
import type { BitstreamInputs, BuildInputs } from './settings.ts';
import { type Outputs, outputsOf, planSteps, type Step } from './steps.ts';
import { timingPaths } from './timing-paths.ts';
import type { Toolchain } from './tool.ts';

interface Work {
  run: Run;
  root: string;
  inputs: BuildInputs;
  toolchain: Toolchain;
}

const toolWords = {
  native: 'tools of the project’s shell',
  embedded: 'embedded tools',
} as const;

/** Resolves with what the build gives. @throws Fault `E_BUILD_FAILED`, and the signal's reason. */
export async function buildWithTools(
  work: Work,
): Promise<Pick<Build, 'bitstream' | 'utilisation' | 'timing' | 'paths'>> {
  const { root, inputs } = work;
  const outputs = outputsOf(inputs.top, inputs.bitstream?.board.family);
  await mkdir(join(root, outputs.folder), { recursive: true });
  // Units and modules whose files are gone must not linger.
  for (const folder of [outputs.library, outputs.model])
    await rm(join(root, folder), { recursive: true, force: true });
  await mkdir(join(root, outputs.library), { recursive: true });
  await rm(join(root, outputs.report), { force: true });
  try {
    for (const step of planSteps(inputs, outputs)) await runStep(step, work);
    if (!inputs.bitstream) return { bitstream: null, utilisation: [], timing: [] };
    const report = await textOf(join(root, outputs.report));
    const figures = parseReport(report);
    const paths = timingPaths(report, await textOf(join(root, outputs.netlist)), root);
    const bitstream = await publish(root, inputs.top, inputs.bitstream, outputs);
    return { bitstream, ...figures, paths };
  } finally {
    for (const path of [outputs.partial, outputs.design])
      await rm(join(root, path), { force: true });
  }
}

/** Empty when it is not there, or too large to be read for what it is good for here. */
async function textOf(path: string): Promise<string> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size === 0 || size > limits.reportBytesMax) return '';
  return readFile(path, 'utf8').catch(() => '');
}

/** Redirects what a program prints; the file is the first parameter, the program the rest. */
const redirect = ['/bin/sh', '-c', 'file=$1; shift; exec "$@" > "$file"', 'sh'] as const;

function commandOf({ tool, args, output }: Step, toolchain: Toolchain): [string, ...string[]] {
  const [program = '', ...rest] =
    tool === 'testbench' ? args : [...toolchain.command(tool), ...args];
  return output === undefined ? [program, ...rest] : [...redirect, output, program, ...rest];
}

async function runStep(step: Step, { run, root, inputs, toolchain }: Work): Promise<void> {
  const { stage, tool } = step;
  const bench = inputs.testbench?.top ?? 'testbench';
  const name = tool === 'testbench' ? bench : tool;
  // What is of interest of a simulation is which; the tool was named when it compiled.
  const title = stage === 'simulation' ? `${bench}, simulated` : tool;
  run.log.add({ type: 'stage', stage, message: `${title} (${toolWords[toolchain.kind]})` });
  const problems: Build['problems'] = [];
  const places = { root, constraints: inputs.bitstream?.constraints ?? null };
  const known = inputs.testbench?.sources ?? inputs.sources;
  const onLine = (text: string) => {
    run.log.add({ type: 'log', stage, text });
    const problem = problemOf(text, tool === 'testbench' ? 'verilator' : tool, places);
    if (!problem) return;
    const placed = inProject(problem, root, known);
    problems.push(placed);
    run.addProblem(placed);
  };
  const ended = await runTool(commandOf(step, toolchain), {
    cwd: root,
    env: toolchain.env,
    signal: run.stop.signal,
    onLine,
  });
  const first = problems.find(({ severity }) => severity === 'error');
  // vvp ends well after $error; a testbench that complains has failed all the same.
  if (ended.exitCode === 0 && !(first && stage === 'simulation')) return;
  const reason =
    first?.message ??
    (ended.signal
      ? `${name} was ended by ${ended.signal}`
      : `${name} ended with ${ended.exitCode}`);
  throw fault('E_BUILD_FAILED', { stage, reason });
}

/** A model that Verilator made names its files without their folders, and GHDL its own library as it was built. */
function inProject(problem: Problem, root: string, known: readonly string[]): Problem {
  const { path } = problem;
  if (path === null || existsSync(path)) return problem;
  const isFile = (inside: string) => existsSync(join(root, inside));
  const found = projectFile(relative(root, path), { root, known, isFile });
  return found === null
    ? { ...problem, path: null, line: null, column: null }
    : { ...problem, path: found };
}

/** The new bitstream takes the place of the old one at once, and only when it can be read. */
async function publish(
  root: string,
  top: string,
  { board, constraints }: BitstreamInputs,
  outputs: Outputs,
): Promise<Build['bitstream']> {
  const partial = join(root, outputs.partial);
  const bytes = new Uint8Array(await readFile(partial));
  const information = readBitstream(bytes);
  // Before the bitstream is there to be programmed; without it a real board works all the same.
  await keepDesign(root, {
    bitstreamHash: bitstreamHash(bytes),
    board: board.id,
    top,
    rtlil: join(root, outputs.design),
    constraints: join(root, constraints),
  }).catch(() => undefined);
  const file = await open(partial, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  const path = join(root, outputs.bitstream);
  await rename(partial, path);
  return { ...information, path };
}
