/** One channel's sending side: what it has accepted, what the other side has credit for. */
import { type Frame, frameType, noBytes } from './frame.ts';
import type { LinkLimits } from './limits.ts';

/** What a frame costs of the credit, besides its payload: an empty message is not free. */
export const frameCost = 16;
/** Below this no part of a longer message is worth a frame of its own. */
const partBytesMin = 4 * 1024;

export interface Outgoing {
  readonly channel: number;
  /** Puts an `open`, `end` or `close` behind what is queued; these need no credit. */
  control(type: number, payload?: Uint8Array): void;
  /** Puts a message behind what is queued. */
  message(bytes: Uint8Array): void;
  /** Bytes accepted and not yet taken. */
  queuedBytes(): number;
  isEmpty(): boolean;
  /** More may be sent. */
  grant(bytes: number): void;
  /** Reports whether `take` would give a frame. */
  isReady(): boolean;
  /** The next frame, of at most `bytesMax` bytes of payload, or null. */
  take(bytesMax: number, nowMs: number): Frame | null;
  /** Bytes taken lately, halved every `smallHalfLifeMs`. */
  recentBytes(nowMs: number): number;
  /** Forgets what waits for credit; what there is credit for stays. */
  truncate(): void;
  /** Forgets everything. */
  clear(): void;
}

interface Entry {
  type: number;
  payload: Uint8Array;
  /** Payload bytes already taken. */
  taken: number;
}

/** `creditAtFirst` is asked late: the other side says it in its first frame. */
export function createOutgoing(
  channel: number,
  limits: LinkLimits,
  creditAtFirst: () => number,
): Outgoing {
  let queue: Entry[] = [];
  let queued = 0;
  let spent = 0;
  let granted = 0;
  let recent = 0;
  let recentAtMs = 0;

  const credit = () => creditAtFirst() + granted - spent;
  const recentBytes = (nowMs: number) =>
    recent === 0 ? 0 : recent * 0.5 ** ((nowMs - recentAtMs) / limits.smallHalfLifeMs);
  const isReady = () => {
    const head = queue[0];
    return head !== undefined && (!isMessage(head) || roomFor(head, credit()) !== null);
  };
  const finish = (head: Entry): Frame => {
    queue.shift();
    const payload = head.taken === 0 ? head.payload : head.payload.subarray(head.taken);
    return { type: head.type, value: channel, payload };
  };
  const takeMessage = (head: Entry, bytesMax: number): Frame | null => {
    const room = roomFor(head, credit());
    if (room === null) return null;
    const rest = head.payload.length - head.taken;
    const size = Math.min(rest, room, bytesMax);
    spent += size + frameCost;
    queued -= size;
    if (size === rest) return finish(head);
    const payload = head.payload.subarray(head.taken, head.taken + size);
    head.taken += size;
    return { type: frameType.part, value: channel, payload };
  };

  return {
    channel,
    control: (type, payload = noBytes) => void queue.push({ type, payload, taken: 0 }),
    message: (payload) => {
      queue.push({ type: frameType.data, payload, taken: 0 });
      queued += payload.length;
    },
    queuedBytes: () => queued,
    isEmpty: () => queue.length === 0,
    grant: (bytes) => {
      granted += bytes;
    },
    isReady,
    take: (bytesMax, nowMs) => {
      const head = queue[0];
      if (!head) return null;
      const frame = isMessage(head) ? takeMessage(head, bytesMax) : finish(head);
      if (frame) {
        recent = recentBytes(nowMs) + frame.payload.length;
        recentAtMs = nowMs;
      }
      return frame;
    },
    recentBytes,
    truncate: () => {
      let room = credit();
      const keep = queue.findIndex((entry) => {
        room -= isMessage(entry) ? wholeCost(entry) : 0;
        return room < 0;
      });
      if (keep >= 0) queue = queue.slice(0, keep);
      queued = queue.reduce((sum, entry) => sum + entry.payload.length - entry.taken, 0);
    },
    clear: () => {
      queue = [];
      queued = 0;
    },
  };

  /** Credit enough for the rest cut into the smallest frames `take` may be asked for. */
  function wholeCost(entry: Entry): number {
    const rest = entry.payload.length - entry.taken;
    return rest + frameCost * (1 + Math.ceil(rest / partBytesMin));
  }
}

function isMessage(entry: Entry): boolean {
  return entry.type === frameType.data;
}

/** Payload bytes that the credit allows now, or null when it is better to wait for more. */
function roomFor(head: Entry, credit: number): number | null {
  const rest = head.payload.length - head.taken;
  const room = credit - frameCost;
  return room >= Math.min(rest, partBytesMin) ? room : null;
}
