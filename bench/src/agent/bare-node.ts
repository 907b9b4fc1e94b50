import { waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { startProgram } from '../child.ts';
import type { Memory } from '../process-usage.ts';
import { settledMemory } from './settled-memory.ts';

const script = "process.stdout.write('up'); setInterval(() => {}, 1e9)";
const start = () => startProgram(process.execPath, ['-e', script]);

/** Milliseconds until a Node that does nothing says so. */
export async function bareNodeStart({ clock }: BenchContext): Promise<number> {
  const started = clock.monotonic();
  const node = await start();
  await waitFor(() => node.output() === 'up', { what: 'node says that it is up' });
  const ms = clock.monotonic() - started;
  await node.end();
  return ms;
}

/** Memory of a Node that does nothing. */
export async function bareNodeMemory(context: BenchContext): Promise<Memory> {
  const node = await start();
  context.cleanUp(node.end);
  const memory = await settledMemory(context, node.pid);
  await node.end();
  return memory;
}
