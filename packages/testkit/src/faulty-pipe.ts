/**
 * A connection between two ends in one process that is as bad as a test asks: messages arrive in
 * order and whole (as a websocket's do), until the connection is cut and what was on its way is gone.
 */
import type { Clock } from '@joh/clock';
import { type SeededRandom, seededRandom } from './seeded-random.ts';

/** One end. It has the shape of the link's `Transport`. */
export interface PipeEnd {
  send(message: Uint8Array): void;
  /** Bytes sent here that have not left this end. */
  bufferedBytes(): number;
  onMessage(listener: (message: Uint8Array) => void): void;
  onClose(listener: (code: number, reason: string) => void): void;
  close(code?: number, reason?: string): void;
}

export interface Faults {
  clock: Clock;
  /** One way, each message by itself, but never out of order. Default 0 to 3 ms. */
  delayMs?: { min: number; max: number };
  /** Line speed each way; what is faster waits in the line. Default: no limit. */
  bytesPerMs?: number;
  /** Probability per message that it vanishes, which a websocket never does by itself. */
  loss?: number;
  /** Probability per message that the connection is cut after it was sent. */
  cut?: number;
  /** Cuts exactly when this many messages have been sent, both directions counted. */
  cutAfter?: number;
  /** Probability that a cut is silent: no close event ever, everything sent goes nowhere. */
  silent?: number;
  /** Probability per message that it arrives in two pieces. For byte streams, not for websockets. */
  partial?: number;
}

export interface FaultyPipe {
  a: PipeEnd;
  b: PipeEnd;
  /** Cuts it now: both ends see 1006, unless `silent`. */
  cut(silent?: boolean): void;
  readonly isOpen: boolean;
  /** Messages sent so far, both directions. */
  sent(): number;
}

interface Side {
  listeners: ((message: Uint8Array) => void)[];
  closers: ((code: number, reason: string) => void)[];
  /** Arrived before anyone listened. */
  early: Uint8Array[];
  freeAt: number;
  buffered: number;
  closed: boolean;
}

/** Makes a pipe whose faults follow from `seed` alone. */
export function faultyPipe(seed: number, faults: Faults): FaultyPipe {
  const { clock, delayMs = { min: 0, max: 3 } } = faults;
  const random = seededRandom(seed);
  const left = side();
  const right = side();
  let open = true;
  let sent = 0;

  const closeBoth = (code: number, reason: string) => {
    open = false;
    for (const one of [left, right]) {
      clock.after(0, () => closeSide(one, code, reason));
    }
  };
  const cut = (silent = false) => {
    if (!open) return;
    if (silent) open = false;
    else closeBoth(1006, 'cut');
  };
  const deliver = (from: Side, to: Side, message: Uint8Array) => {
    const takesMs = faults.bytesPerMs ? message.length / faults.bytesPerMs : 0;
    const leavesAt = Math.max(clock.monotonic(), from.freeAt) + takesMs;
    const delay = random.int(delayMs.min, delayMs.max);
    from.freeAt = Math.max(leavesAt, from.freeAt);
    from.buffered += message.length;
    const arrivesAt = Math.max(leavesAt + delay, lastArrival.get(to) ?? 0);
    lastArrival.set(to, arrivesAt);
    clock.after(leavesAt - clock.monotonic(), () => {
      from.buffered -= message.length;
    });
    clock.after(arrivesAt - clock.monotonic(), () => {
      if (!open || to.closed) return;
      for (const piece of pieces(message, faults.partial ?? 0, random)) receive(to, piece);
    });
  };
  const lastArrival = new Map<Side, number>();
  const end = (own: Side, other: Side): PipeEnd => ({
    send: (message) => {
      if (!open) return;
      sent++;
      if (!random.chance(faults.loss ?? 0)) deliver(own, other, message.slice());
      const isCut = sent === faults.cutAfter || random.chance(faults.cut ?? 0);
      if (isCut) cut(random.chance(faults.silent ?? 0));
    },
    bufferedBytes: () => own.buffered,
    onMessage: (listener) => {
      own.listeners.push(listener);
      for (const message of own.early.splice(0)) listener(message);
    },
    onClose: (listener) => void own.closers.push(listener),
    close: (code = 1005, reason = '') => {
      if (open) closeBoth(code, reason);
      else closeSide(own, code, reason);
    },
  });
  return {
    a: end(left, right),
    b: end(right, left),
    cut,
    get isOpen() {
      return open;
    },
    sent: () => sent,
  };
}

function side(): Side {
  return { listeners: [], closers: [], early: [], freeAt: 0, buffered: 0, closed: false };
}

function receive(to: Side, message: Uint8Array): void {
  if (to.listeners.length === 0) to.early.push(message);
  for (const listener of to.listeners) listener(message);
}

function closeSide(one: Side, code: number, reason: string): void {
  if (one.closed) return;
  one.closed = true;
  for (const listener of one.closers) listener(code, reason);
}

function pieces(message: Uint8Array, probability: number, random: SeededRandom): Uint8Array[] {
  if (message.length < 2 || !random.chance(probability)) return [message];
  const at = random.int(1, message.length - 1);
  return [message.subarray(0, at), message.subarray(at)];
}
