import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import { fault, type Simulation, simulation } from '@joh/protocol';
import { planCompile } from '@joh/virtual-board/compile';
import { limits } from '#limits';
import { runTool } from '#processes';
import { type Design, designFiles, findDesign } from './designs.ts';

interface CompiledSimulation {
  /** Absolute path of the WebAssembly module. */
  path: string;
  simulation: Simulation;
  cached: boolean;
}

export interface Simulations {
  /**
   * The design of a bitstream, compiled; by the SHA-256 of the file in hex.
   * @throws Fault `E_SIMULATION_UNKNOWN`, `E_SIMULATION_UNSUPPORTED`, `E_SIMULATION_FAILED`.
   */
  compile(bitstreamHash: string): Promise<CompiledSimulation>;
  /** Ends what is being compiled. */
  close(): void;
}

export interface SimulationsOptions {
  root: string;
  clock: Clock;
  /** Its PATH is not used: the compilers are the product's own. */
  env: Record<string, string>;
  /** Runs `embedded-tool`. */
  embedded: readonly [string, ...string[]];
}

export function createSimulations(options: SimulationsOptions): Simulations {
  const { root } = options;
  const life = new AbortController();
  /** Who asks for the same twice waits for the same compilers. */
  const running = new Map<string, Promise<CompiledSimulation>>();
  const compile = async (bitstreamHash: string): Promise<CompiledSimulation> => {
    const design = await findDesign(root, bitstreamHash);
    if (!design) throw fault('E_SIMULATION_UNKNOWN');
    // Says what cannot be simulated, before anything takes long.
    planCompile(design);
    const known = await readCompiled(design.folder);
    if (known) return { ...known, cached: true };
    await runCompilers(design, options, life.signal);
    const made = await readCompiled(design.folder);
    if (!made) throw fault('E_SIMULATION_FAILED', { reason: 'the compilers left no module' });
    return { ...made, cached: false };
  };
  return {
    compile(bitstreamHash) {
      const before = running.get(bitstreamHash);
      if (before) return before;
      const now = compile(bitstreamHash).finally(() => running.delete(bitstreamHash));
      running.set(bitstreamHash, now);
      return now;
    },
    close: () => life.abort(fault('E_SIMULATION_FAILED', { reason: 'the agent ends' })),
  };
}

/** What the package of clang says while it reads itself. */
const progressLine = /^yowasp-\w+: fetched/;

async function readCompiled(folder: string): Promise<Omit<CompiledSimulation, 'cached'> | null> {
  try {
    const text = await readFile(join(folder, designFiles.simulation), 'utf8');
    const path = join(folder, designFiles.module);
    return { path, simulation: simulation.parse(JSON.parse(text)) };
  } catch {
    return null;
  }
}

async function runCompilers(
  design: Design,
  { root, clock, env, embedded }: SimulationsOptions,
  life: AbortSignal,
): Promise<void> {
  const tooLong = new AbortController();
  const cancelDeadline = clock.after(limits.simulationCompileMs, () =>
    tooLong.abort(
      fault('E_SIMULATION_FAILED', {
        reason: `it took longer than ${limits.simulationCompileMs / 1000} s`,
      }),
    ),
  );
  let lastLine = '';
  try {
    const { exitCode, signal } = await runTool([...embedded, 'simulation', design.folder], {
      cwd: root,
      env,
      signal: AbortSignal.any([life, tooLong.signal]),
      onLine: (line) => {
        if (line.trim() !== '' && !progressLine.test(line)) lastLine = line.trim();
      },
    });
    if (exitCode === 0) return;
    const reason = signal
      ? `the compiler was ended by ${signal}, as when memory runs out`
      : lastLine || `the compiler ended with ${exitCode}`;
    throw fault('E_SIMULATION_FAILED', { reason });
  } finally {
    cancelDeadline();
  }
}
