/** What a caller of `send` and `end` feels: back-pressure, and an end that keeps its place. */
import { fault } from '@joh/protocol';
import { frameType } from './frame.ts';
import type { LinkLimits } from './limits.ts';
import type { Outgoing } from './outgoing.ts';

export interface Sending {
  /** Resolves when the message is in the queue. */
  send(message: Uint8Array): Promise<void>;
  end(): void;
  /** Lets in as many waiting messages as there is room for. */
  admit(): void;
  /** Ended, and every frame taken. */
  isDone(): boolean;
  /** Rejects all that wait. */
  reject(error: Error): void;
}

/** `onReady` hears of every entry in the queue, with its bytes. */
export function createSending(
  outgoing: Outgoing,
  limits: LinkLimits,
  onReady: (bytes: number) => void,
): Sending {
  let waiting: { message: Uint8Array; resolve(): void; reject(error: Error): void }[] = [];
  let isEnded = false;
  let isEndQueued = false;
  const admit = () => {
    while (outgoing.queuedBytes() < limits.queueBytesMax) {
      const first = waiting.shift();
      if (!first) break;
      outgoing.message(first.message);
      onReady(first.message.length);
      first.resolve();
    }
    if (!isEnded || isEndQueued || waiting.length > 0) return;
    isEndQueued = true;
    outgoing.control(frameType.end);
    onReady(0);
  };
  return {
    send: (message) => {
      if (isEnded) return Promise.reject(fault('E_CHANNEL_CLOSED'));
      if (message.length > limits.messageBytesMax) {
        const limitBytes = limits.messageBytesMax;
        return Promise.reject(fault('E_MESSAGE_TOO_LARGE', { limitBytes }));
      }
      const sent = new Promise<void>((resolve, reject) => {
        waiting.push({ message, resolve, reject });
      });
      admit();
      return sent;
    },
    end: () => {
      isEnded = true;
      admit();
    },
    admit,
    isDone: () => isEndQueued && outgoing.isEmpty(),
    reject: (error) => {
      const all = waiting;
      waiting = [];
      for (const one of all) one.reject(error);
    },
  };
}
