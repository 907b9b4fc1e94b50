/** Which channel sends next. */

export interface Candidate {
  isReady(): boolean;
  queuedBytes(): number;
  recentBytes(nowMs: number): number;
}

/** What the window still has room for. */
export interface Room {
  bulk: boolean;
  small: boolean;
}

export interface Schedule<C extends Candidate> {
  /** The channel has something to send now or later. */
  add(channel: C): void;
  remove(channel: C): void;
  /**
   * Small ones first, the quietest of them before the others; then the rest in turn.
   */
  next(nowMs: number, room: Room): C | null;
  /** Reports whether any channel is ready. */
  isReady(): boolean;
  clear(): void;
}

/** `smallBytes`: queued and lately sent together, up to which a channel counts as small. */
export function createSchedule<C extends Candidate>(smallBytes: number): Schedule<C> {
  /** In the order of their turns. */
  const waiting = new Set<C>();
  return {
    add: (channel) => void waiting.add(channel),
    remove: (channel) => void waiting.delete(channel),
    next: (nowMs, room) => {
      let best: C | null = null;
      let bestBytes = Number.POSITIVE_INFINITY;
      let turn: C | null = null;
      for (const channel of waiting) {
        if (!channel.isReady()) continue;
        turn ??= channel;
        const bytes = channel.queuedBytes() + channel.recentBytes(nowMs);
        if (bytes <= smallBytes && bytes < bestBytes) {
          best = channel;
          bestBytes = bytes;
        }
      }
      const chosen = room.small && best ? best : room.bulk ? turn : null;
      if (chosen && waiting.delete(chosen)) waiting.add(chosen);
      return chosen;
    },
    isReady: () => {
      for (const channel of waiting) if (channel.isReady()) return true;
      return false;
    },
    clear: () => waiting.clear(),
  };
}
