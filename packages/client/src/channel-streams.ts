/** Channels as promises: all bytes, every JSON message, an upload. */
import type { Channel, Link } from '@joh/link';
import { type ChannelKind, type ChannelParams, fault, faultOf, joinBytes } from '@joh/protocol';
import type { z } from 'zod';

/** A channel and the signal that gives it up. */
export interface Opened {
  channel: Channel;
  signal: AbortSignal | undefined;
}

/** Opens a channel of the contract; `signal` closes it. */
export function opened<K extends ChannelKind>(
  link: Link,
  kind: K,
  params: ChannelParams<K>,
  signal?: AbortSignal,
): Opened {
  signal?.throwIfAborted();
  return { channel: link.open(kind, params), signal };
}

/**
 * Hands every message to `onMessage`, and resolves when the other side has ended and all is handled.
 * Rejects with the channel's error, what `onMessage` throws, or the signal's reason.
 */
export function consume(
  { channel, signal }: Opened,
  onMessage: (message: Uint8Array) => void | Promise<void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnded = false;
    const settle = (finish: () => void) => {
      signal?.removeEventListener('abort', abort);
      finish();
    };
    const abort = () => {
      settle(() => reject(signal?.reason));
      channel.close();
    };
    signal?.addEventListener('abort', abort, { once: true });
    channel.onMessage(async (message) => {
      try {
        await onMessage(message);
      } catch (error) {
        settle(() => reject(error));
        channel.close();
      }
    });
    channel.onEnd(() => {
      isEnded = true;
      channel.end();
      settle(resolve);
    });
    channel.onClose((error) => {
      if (error) settle(() => reject(faultOf(error)));
      else if (!isEnded) settle(() => reject(fault('E_CHANNEL_CLOSED')));
    });
  });
}

/** All bytes until the end, in one piece. */
export async function collect(channel: Opened): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  await consume(channel, (part) => void parts.push(part));
  return joinBytes(parts);
}

/** Every message as JSON of one schema. */
export function eachJson<S extends z.ZodType>(
  channel: Opened,
  schema: S,
  onValue: (value: z.infer<S>) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  return consume(channel, (message) => {
    const parsed = schema.safeParse(JSON.parse(decoder.decode(message)));
    if (!parsed.success) throw fault('E_INTERNAL', { reference: channel.channel.kind });
    onValue(parsed.data);
  });
}

/** Pieces small enough to share the line, large enough to be few. */
const pieceBytes = 256 * 1024;

/** Sends everything and ends. When the channel closes meanwhile, whoever reads it hears why. */
export async function upload(channel: Channel, data: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < data.length; at += pieceBytes) {
      await channel.send(data.subarray(at, at + pieceBytes));
    }
    channel.end();
  } catch {
    // The reading side of the same channel rejects with the reason.
  }
}
