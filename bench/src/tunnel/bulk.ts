import type { Link } from '@joh/link';
import type { BenchContext } from '../bench.ts';
import { cpuMs } from '../process-usage.ts';
import type { Line } from './lines.ts';

const deadlineMs = 120_000;

/** Every link asks for a flood of `bytesEach`, all at once. */
export async function bulkRound(
  { clock }: BenchContext,
  { pid }: Line,
  links: readonly Link[],
  bytesEach: number,
): Promise<{ cpuMsPerMb: number; mbPerSecond: number }> {
  const cpuBefore = pid === null ? 0 : cpuMs(pid);
  const started = clock.monotonic();
  const late = AbortSignal.timeout(deadlineMs);
  await Promise.all(links.map((link) => flood(link, bytesEach, late)));
  const seconds = (clock.monotonic() - started) / 1000;
  const cpu = pid === null ? 0 : cpuMs(pid) - cpuBefore;
  const megabytes = (links.length * bytesEach) / 1e6;
  return { cpuMsPerMb: cpu / megabytes, mbPerSecond: megabytes / seconds };
}

function flood(link: Link, bytes: number, late: AbortSignal): Promise<void> {
  const channel = link.open('flood', { bytes });
  let received = 0;
  return new Promise((resolve, reject) => {
    late.addEventListener('abort', () => reject(late.reason), { once: true });
    channel.onMessage((message) => {
      received += message.length;
    });
    channel.onEnd(() => channel.end());
    channel.onClose((error) => {
      if (received === bytes) resolve();
      else reject(new Error(`${received} of ${bytes} bytes came: ${error?.code ?? 'closed'}`));
    });
  });
}
