/** Frames of all channels in the order in which they are sent: credit first, then as scheduled. */
import type { ChannelState } from './channel.ts';
import { encodeNumber, type Frame, frameType } from './frame.ts';
import type { Outgoing } from './outgoing.ts';
import { createSchedule, type Room } from './schedule.ts';

export interface Turns {
  /** The channel has something to send. */
  add(state: ChannelState): void;
  /** Credit to return on the channel, together with what is not sent yet. */
  credit(id: number, bytes: number): void;
  /** The channel is over; what it has queued is still sent. */
  leave(state: ChannelState): void;
  next(nowMs: number, room: Room, bytesMax: number): Frame | null;
  hasMore(): boolean;
  queuedBytes(): number;
  clear(): void;
}

export function createTurns(smallBytes: number): Turns {
  const schedule = createSchedule<Outgoing>(smallBytes);
  const senders = new Map<number, ChannelState>();
  const credits = new Map<number, number>();

  const retire = ({ outgoing }: ChannelState) => {
    senders.delete(outgoing.channel);
    schedule.remove(outgoing);
  };
  const nextCredit = (): Frame | null => {
    const [first] = credits;
    if (!first) return null;
    credits.delete(first[0]);
    return { type: frameType.credit, value: first[0], payload: encodeNumber(first[1]) };
  };
  const nextOfChannels = (nowMs: number, room: Room, bytesMax: number): Frame | null => {
    const chosen = schedule.next(nowMs, room);
    const state = chosen && senders.get(chosen.channel);
    const frame = chosen?.take(bytesMax, nowMs);
    if (!state || !frame) return null;
    state.admit();
    if (state.outgoing.isEmpty()) retire(state);
    return frame;
  };
  return {
    add: (state) => {
      senders.set(state.outgoing.channel, state);
      schedule.add(state.outgoing);
    },
    credit: (id, bytes) => void credits.set(id, (credits.get(id) ?? 0) + bytes),
    leave: (state) => {
      credits.delete(state.outgoing.channel);
      if (state.outgoing.isEmpty()) retire(state);
    },
    next: (nowMs, room, bytesMax) => nextCredit() ?? nextOfChannels(nowMs, room, bytesMax),
    hasMore: () => credits.size > 0 || schedule.isReady(),
    queuedBytes: () =>
      [...senders.values()].reduce((sum, { outgoing }) => sum + outgoing.queuedBytes(), 0),
    clear: () => {
      schedule.clear();
      senders.clear();
      credits.clear();
    },
  };
}
