/** Numbered frames from their first sending until the other side has acknowledged them. */
import { type Frame, frameSize } from './frame.ts';

export interface Replay {
  /** Keeps a new frame, to be sent after all before it. */
  append(frame: Frame): void;
  /** The next frame to send on this connection, or null when all are. */
  peek(): Frame | null;
  /** Number of the frame that `peek` gives, or of the next to be appended. */
  position(): number;
  /** The frame that `peek` gave has been sent. */
  advance(): void;
  /** The first `count` frames have arrived; false when so many were never sent (a broken peer). */
  acknowledge(count: number): boolean;
  /**
   * A new connection, on which the other side says it has `count` frames: sending starts there. False
   * when that is not possible.
   */
  resume(count: number): boolean;
  /** Bytes sent on this connection and not acknowledged. */
  inFlightBytes(): number;
  /** Bytes kept. */
  keptBytes(): number;
}

/** An empty log. */
export function createReplay(): Replay {
  let frames: Frame[] = [];
  let dropped = 0; // leading entries of `frames` already acknowledged
  let acknowledged = 0; // frames acknowledged over the link's life
  let sent = 0; // entries after `dropped` sent on this connection
  let inFlight = 0;
  let kept = 0;

  const drop = (count: number) => {
    for (; acknowledged < count; acknowledged++) {
      const frame = frames[dropped++];
      if (!frame) return;
      kept -= frameSize(frame);
      if (sent > 0) {
        inFlight -= frameSize(frame);
        sent--;
      }
    }
    if (dropped > 256 && dropped > frames.length / 2) {
      frames = frames.slice(dropped);
      dropped = 0;
    }
  };

  return {
    append: (frame) => {
      frames.push(frame);
      kept += frameSize(frame);
    },
    peek: () => frames[dropped + sent] ?? null,
    position: () => acknowledged + sent,
    advance: () => {
      const frame = frames[dropped + sent];
      if (!frame) return;
      inFlight += frameSize(frame);
      sent++;
    },
    acknowledge: (count) => {
      if (count > acknowledged + sent) return false;
      drop(count);
      return true;
    },
    resume: (count) => {
      if (count < acknowledged || count > acknowledged + frames.length - dropped) return false;
      sent = 0;
      inFlight = 0;
      drop(count);
      return true;
    },
    inFlightBytes: () => inFlight,
    keptBytes: () => kept,
  };
}
