/** One client's look at a terminal in the pty host. */
import type { Socket } from 'node:net';
import type { Clock } from '@joh/clock';
import { limits } from '#limits';
import { encodeFrame } from './host-protocol.ts';
import type { Screen } from './screen.ts';

export interface Viewer {
  /** Takes output that was just written to the screen. */
  follow(chunk: Uint8Array): void;
  /** The terminal should wait for this viewer: it is slow, but takes something. */
  isFull(): boolean;
  /** The terminal has ended and the screen has shown everything. */
  exited(): void;
  leave(): void;
}

/**
 * `entering`: the screen is being made, output is held behind it. `following`: gets the output.
 * `behind`: took nothing for `clientStallMs` with a full backlog, so it misses output and gets the
 * screen anew when it takes again.
 */
type ViewerState = 'entering' | 'following' | 'behind';

/** RIS (ECMA-48 8.3.105): clears what the client has before it is given the screen again. */
const reset = '\x1bc';

/** `pace` is called whenever the terminal may have to wait or go on. */
export function createViewer(options: {
  socket: Socket;
  screen: Screen;
  clock: Clock;
  pace: () => void;
  hasExited: () => boolean;
}): Viewer {
  const { socket, screen, clock, pace } = options;
  let state: ViewerState = 'entering';
  let held: Uint8Array[] = [];
  let cancelStall: (() => void) | null = null;
  let waiting = 0;

  const send = (bytes: Uint8Array) => {
    socket.write(encodeFrame(bytes));
    if (socket.writableLength > limits.clientBacklogBytesHigh && !cancelStall) watchStall();
  };
  const watchStall = () => {
    waiting = socket.writableLength;
    cancelStall = clock.after(limits.clientStallMs, () => {
      cancelStall = null;
      if (socket.writableLength < waiting) return watchStall();
      state = 'behind';
      pace();
    });
  };
  const enter = (before: string) => {
    state = 'entering';
    screen.flush(() => {
      if (socket.destroyed) return;
      state = 'following';
      send(Buffer.concat([Buffer.from(before), screen.snapshot()]));
      for (const chunk of held.splice(0)) send(chunk);
      if (options.hasExited()) socket.end();
    });
  };
  const endStall = () => {
    cancelStall?.();
    cancelStall = null;
  };
  socket.on('drain', () => {
    endStall();
    if (state === 'behind') enter(reset);
    pace();
  });
  enter('');
  return {
    follow: (chunk) => {
      if (state === 'entering') held.push(chunk);
      if (state === 'following') send(chunk);
    },
    isFull: () => cancelStall !== null,
    exited: () => {
      if (state === 'following') socket.end();
    },
    leave: () => {
      held = [];
      endStall();
    },
  };
}
