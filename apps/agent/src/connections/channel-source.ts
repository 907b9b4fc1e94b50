/** A channel's incoming messages as a stream. */
import type { Channel } from '@joh/link';
import { fault, faultOf } from '@joh/protocol';

/**
 * The messages until the other side ends. The sender is held back until each was taken. Throws what
 * closed the channel, or `E_CHANNEL_CLOSED` when it was closed before its end.
 */
export async function* channelSource(channel: Channel): AsyncGenerator<Uint8Array> {
  const waiting: { message: Uint8Array; taken: () => void }[] = [];
  let ended = false;
  let failure: Error | null = null;
  let wake = () => {};
  channel.onMessage(
    (message) =>
      new Promise<void>((taken) => {
        waiting.push({ message, taken });
        wake();
      }),
  );
  channel.onEnd(() => {
    ended = true;
    wake();
  });
  channel.onClose((error) => {
    if (!ended) failure = error ? faultOf(error) : fault('E_CHANNEL_CLOSED');
    wake();
  });
  for (;;) {
    const next = waiting.shift();
    if (next) {
      yield next.message;
      next.taken();
      continue;
    }
    if (failure) throw failure;
    if (ended) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}
