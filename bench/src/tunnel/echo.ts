import type { Channel, Link } from '@joh/link';
import { waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { cpuMs } from '../process-usage.ts';
import type { Line } from './lines.ts';

export interface EchoLoad {
  /** On each link. */
  perSecond: number;
  /** Sent at the same moment. */
  burst: number;
  messageBytes: number;
  durationMs: number;
}

/** Messages at scheduled times on every link, each echoed by the agent. */
export async function echoRound(
  { clock }: BenchContext,
  { pid }: Line,
  links: readonly Link[],
  load: EchoLoad,
): Promise<{ cpuMsPerMb: number; delaysMs: number[] }> {
  const delaysMs: number[] = [];
  const channels = links.map((link) => {
    const channel = link.open('echo', {});
    channel.onMessage((message) => {
      const sentMs = new DataView(message.buffer, message.byteOffset).getFloat64(0);
      delaysMs.push(clock.monotonic() - sentMs);
    });
    return channel;
  });
  const cpuBefore = pid === null ? 0 : cpuMs(pid);
  const sent = await sendOnSchedule(clock, channels, load);
  await waitFor(() => delaysMs.length === sent, { deadlineMs: 20_000, what: 'every echo is back' });
  const cpu = pid === null ? 0 : cpuMs(pid) - cpuBefore;
  for (const channel of channels) channel.end();
  return { cpuMsPerMb: cpu / ((2 * sent * load.messageBytes) / 1e6), delaysMs };
}

/** @returns how many were sent */
async function sendOnSchedule(
  clock: BenchContext['clock'],
  channels: readonly Channel[],
  { perSecond, burst, messageBytes, durationMs }: EchoLoad,
): Promise<number> {
  const gapMs = (1000 * burst) / perSecond / channels.length;
  const bursts = Math.floor(durationMs / gapMs);
  const started = clock.monotonic() + 5;
  const sends: Promise<void>[] = [];
  for (let at = 0; at < bursts; at += 1) {
    const dueMs = started + at * gapMs;
    const waitMs = dueMs - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs);
    for (let one = 0; one < burst; one += 1) {
      const message = new Uint8Array(messageBytes);
      new DataView(message.buffer).setFloat64(0, dueMs);
      sends.push(channels[at % channels.length]!.send(message));
    }
  }
  await Promise.all(sends);
  return bursts * burst;
}
