import type { BenchContext } from '../bench.ts';
import { type Memory, memoryOf } from '../process-usage.ts';

const lookMs = 500;
const quietLooks = 8;
const quietMib = 0.25;
const looksMax = 120;

/** Memory of a process once it has stopped changing; after a minute, whatever it is then. */
export async function settledMemory({ clock }: BenchContext, pid: number): Promise<Memory> {
  let before = memoryOf(pid);
  let quiet = 0;
  for (let look = 0; look < looksMax && quiet < quietLooks; look += 1) {
    await clock.sleep(lookMs);
    const now = memoryOf(pid);
    quiet = Math.abs(now.rss - before.rss) < quietMib ? quiet + 1 : 0;
    before = now;
  }
  return before;
}
