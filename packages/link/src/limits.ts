/** Every bound of the link, and how they must relate. */

export interface LinkLimits {
  /** Longest payload of one frame. Small enough that a keystroke never waits long behind one. */
  frameBytesMax: number;
  /** Frames are packed into websocket messages of about this size. */
  batchBytesMax: number;
  /** After a write, how long small frames are collected before the next: writes are what costs. */
  batchMs: number;
  /** Most bytes waiting in our end of the socket. */
  socketBytesMax: number;
  /** How soon a full socket is looked at again; browsers have no drain event. */
  socketPollMs: number;
  /** Longest message of a channel. */
  messageBytesMax: number;
  /** Longest JSON of a channel's params. */
  paramsBytesMax: number;
  /** What a channel accepts ahead of sending; further sends wait. */
  queueBytesMax: number;
  /** What we let the other side send on a channel before we have handled it. */
  creditBytes: number;
  /** Bounds of what may be on the way unacknowledged; also bounds the memory for replay. */
  windowBytesMin: number;
  windowBytesMax: number;
  windowBytesStart: number;
  /** How much longer than its shortest a round trip may get through what we put on the line. */
  queueDelayMs: number;
  /** What small channels may have on the way beyond the window. */
  reserveBytes: number;
  /** A channel that sent less than this lately goes first. */
  smallBytes: number;
  /** Half-life of "lately". */
  smallHalfLifeMs: number;
  /** Acknowledge after so many bytes, or after so long. */
  ackBytes: number;
  ackMs: number;
  /** Silence after which we ask for a sign of life. */
  heartbeatMs: number;
  /** Silence after which the connection counts as dead. */
  deadMs: number;
  /** Channels open at once. */
  channelsMax: number;
  /** Server: time for the first frame and its ticket check. */
  helloMs: number;
  /** Server: how long a cut link is kept; as long as a client tries by default. */
  detachMs: number;
  /** Server: links kept at once. */
  linksMax: number;
  /** Client: one attempt: ticket, connection and answer together. */
  attemptMs: number;
  /** Client: first and longest pause between attempts. */
  retryMs: number;
  retryMsMax: number;
  /** Client: how long it tries after a cut, or at first, before it gives up. */
  giveUpMs: number;
  /** Client: refusals in a row, of tickets or hellos, after which it gives up. */
  refusalsMax: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const defaultLimits: LinkLimits = {
  frameBytesMax: 60 * KiB,
  batchBytesMax: 64 * KiB,
  batchMs: 1,
  socketBytesMax: 256 * KiB,
  socketPollMs: 4,
  messageBytesMax: 32 * MiB,
  paramsBytesMax: 60 * KiB,
  queueBytesMax: 256 * KiB,
  creditBytes: MiB,
  windowBytesMin: 16 * KiB,
  windowBytesMax: 4 * MiB,
  windowBytesStart: 128 * KiB,
  queueDelayMs: 15,
  reserveBytes: 32 * KiB,
  smallBytes: 16 * KiB,
  smallHalfLifeMs: 200,
  ackBytes: 64 * KiB,
  ackMs: 25,
  heartbeatMs: 5_000,
  deadMs: 15_000,
  channelsMax: 512,
  helloMs: 10_000,
  detachMs: 600_000,
  linksMax: 64,
  attemptMs: 20_000,
  retryMs: 250,
  retryMsMax: 10_000,
  giveUpMs: 600_000,
  refusalsMax: 3,
};

/** The defaults with some replaced. Throws a `RangeError` when they contradict one another. */
export function linkLimits(some: Partial<LinkLimits> = {}): LinkLimits {
  const all = { ...defaultLimits, ...some };
  const rules: [boolean, string][] = [
    [all.frameBytesMax <= 64 * KiB, 'frames of at most 64 KiB'],
    [all.paramsBytesMax <= all.frameBytesMax, 'params fit into one frame'],
    [all.windowBytesMin <= all.windowBytesStart, 'windowBytesMin <= windowBytesStart'],
    [all.windowBytesStart <= all.windowBytesMax, 'windowBytesStart <= windowBytesMax'],
    [all.creditBytes >= 4 * all.frameBytesMax, 'credit for at least four frames'],
    [all.deadMs > all.heartbeatMs, 'deadMs > heartbeatMs'],
    [all.ackMs < all.heartbeatMs, 'ackMs < heartbeatMs'],
  ];
  for (const [holds, rule] of rules) if (!holds) throw new RangeError(`link limits: ${rule}`);
  return all;
}
