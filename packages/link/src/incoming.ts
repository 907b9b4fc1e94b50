/** One channel's receiving side: puts messages together, hands them over, returns credit. */
import { frameCost } from './outgoing.ts';

export type MessageListener = (message: Uint8Array) => void | Promise<void>;

export interface Incoming {
  /** A `part` or `data` frame arrived. Anything but `fine` means a broken peer. */
  accept(payload: Uint8Array, isLast: boolean): 'fine' | 'over credit' | 'too long';
  listen(listener: MessageListener): void;
  /** Calls `fn` when all that has arrived is handled. At most one is kept. */
  whenHandled(fn: () => void): void;
  /** Hands everything over at once, without waiting for promises, and takes no more. */
  flush(): void;
  /** Forgets everything and takes no more. */
  drop(): void;
  /** Bytes kept here. */
  keptBytes(): number;
}

export interface IncomingOptions {
  creditBytes: number;
  messageBytesMax: number;
  /** Give the other side so much more. */
  onCredit(bytes: number): void;
  /** The listener threw. */
  onError(error: unknown): void;
}

interface Message {
  bytes: Uint8Array;
  cost: number;
}

export function createIncoming(options: IncomingOptions): Incoming {
  const { creditBytes, messageBytesMax, onCredit, onError } = options;
  let listener: MessageListener | null = null;
  let handled: (() => void) | null = null;
  let queue: Message[] = [];
  let parts: Uint8Array[] = [];
  let partsBytes = 0;
  /** Cost of the parts that has not been returned. */
  let partsCost = 0;
  /** Cost that arrived and has not been returned. */
  let owed = 0;
  /** Handled, to be returned with the next `credit`. */
  let due = 0;
  let isBusy = false;
  let isStopped = false;

  const release = (cost: number) => {
    due += cost;
    if (isStopped || due < creditBytes / 4) return;
    owed -= due;
    onCredit(due);
    due = 0;
  };
  /** A message longer than the credit could never arrive if its own parts kept the credit. */
  const releaseParts = () => {
    if (isBusy || queue.length > 0 || partsCost === 0) return;
    const cost = partsCost;
    partsCost = 0;
    release(cost);
  };
  const hand = (message: Message): Promise<void> | undefined => {
    try {
      const result = listener?.(message.bytes);
      if (result instanceof Promise) return result;
    } catch (error) {
      onError(error);
    }
    return undefined;
  };
  const pump = () => {
    while (listener && !isBusy) {
      const message = queue.shift();
      if (!message) break;
      const promise = hand(message);
      if (promise) {
        isBusy = true;
        promise.catch(onError).finally(() => {
          isBusy = false;
          release(message.cost);
          pump();
        });
      } else release(message.cost);
    }
    releaseParts();
    if (isBusy || queue.length > 0 || !handled) return;
    const fn = handled;
    handled = null;
    fn();
  };

  return {
    accept: (payload, isLast) => {
      if (isStopped) return 'fine';
      const cost = payload.length + frameCost;
      owed += cost;
      if (owed > creditBytes) return 'over credit';
      if (partsBytes + payload.length > messageBytesMax) return 'too long';
      if (isLast && parts.length === 0) queue.push({ bytes: payload, cost });
      else {
        parts.push(payload);
        partsBytes += payload.length;
        partsCost += cost;
      }
      if (isLast && parts.length > 0) {
        queue.push({ bytes: join(parts, partsBytes), cost: partsCost });
        parts = [];
        partsBytes = 0;
        partsCost = 0;
      }
      pump();
      return 'fine';
    },
    listen: (one) => {
      listener = one;
      pump();
    },
    whenHandled: (fn) => {
      handled = fn;
      pump();
    },
    flush: () => {
      isStopped = true;
      for (const message of queue.splice(0)) hand(message)?.catch(onError);
      parts = [];
      partsBytes = 0;
    },
    drop: () => {
      isStopped = true;
      queue = [];
      parts = [];
      partsBytes = 0;
      handled = null;
    },
    keptBytes: () => partsBytes + queue.reduce((sum, message) => sum + message.bytes.length, 0),
  };
}

function join(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
