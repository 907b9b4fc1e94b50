/** A line with a fixed delay each way, on which nothing overtakes: one timer for the oldest message. */
import type { Clock } from '@joh/clock';
import type { Transport } from '@joh/link';

export function delayedPipe(clock: Clock, oneWayMs: number): { a: Transport; b: Transport } {
  const [a, b] = [end(clock, oneWayMs), end(clock, oneWayMs)];
  a.peer = b;
  b.peer = a;
  return { a, b };
}

interface End extends Transport {
  peer: End | null;
  /** A message of the other end that arrives now. */
  arrive(message: Uint8Array): void;
  closed(code: number, reason: string): void;
}

function end(clock: Clock, oneWayMs: number): End {
  const onTheirWay: { at: number; message: Uint8Array }[] = [];
  const early: Uint8Array[] = [];
  const listeners: ((message: Uint8Array) => void)[] = [];
  const closers: ((code: number, reason: string) => void)[] = [];
  let isClosed = false;
  const next = () => {
    const [first] = onTheirWay;
    if (!first) return;
    clock.after(Math.max(0, first.at - clock.monotonic()), () => {
      // A timer may be early by a part of a millisecond.
      while ((onTheirWay[0]?.at ?? Number.POSITIVE_INFINITY) <= clock.monotonic() + 1)
        self.peer?.arrive(onTheirWay.shift()?.message ?? new Uint8Array());
      next();
    });
  };
  const self: End = {
    peer: null,
    send: (message) => {
      if (isClosed) return;
      onTheirWay.push({ at: clock.monotonic() + oneWayMs, message: message.slice() });
      if (onTheirWay.length === 1) next();
    },
    bufferedBytes: () => 0,
    onMessage: (listener) => {
      listeners.push(listener);
      for (const message of early.splice(0)) listener(message);
    },
    onClose: (listener) => void closers.push(listener),
    close: (code = 1000, reason = '') => {
      self.closed(code, reason);
      self.peer?.closed(code, reason);
    },
    arrive: (message) => {
      if (isClosed) return;
      if (listeners.length === 0) early.push(message);
      for (const listener of listeners) listener(message);
    },
    closed: (code, reason) => {
      if (isClosed) return;
      isClosed = true;
      onTheirWay.length = 0;
      for (const closer of closers) closer(code, reason);
    },
  };
  return self;
}
