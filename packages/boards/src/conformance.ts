/**
 * What every board must do when it is programmed, whatever it is made of. Run over the simulated
 * boards; a real one fits the same interface.
 */

import { deviceTitle, readBitstream } from '@joh/bitstream';
import {
  type Board,
  type ProgramOptions,
  type ProgramProgress,
  type ProgramTarget,
  programBoard,
  type UsbPort,
  webUsbPort,
} from '@joh/boards';
import type { SimulatedBoard, SimulatedFaults } from '@joh/boards/simulated';
import type { Clock } from '@joh/clock';
import { isFault } from '@joh/protocol';
import type { fakeClock } from '@joh/testkit';
import { expect, test } from 'vitest';

/** A board and the time it lives in. */
export interface BoardUnderTest {
  simulated: SimulatedBoard;
  clock: Clock;
  /** Lets time pass until the promise is settled. */
  finish<T>(promise: Promise<T>): Promise<T>;
  /** The way to it; default: WebUSB. */
  port?(): Promise<UsbPort>;
}

/** `finish` for a board whose time moves on whenever nothing else does. */
export const finishWith =
  (clock: ReturnType<typeof fakeClock>): BoardUnderTest['finish'] =>
  async (promise) => {
    let settled = false;
    const end = () => {
      settled = true;
    };
    promise.then(end, end);
    for (;;) {
      await clock.settle();
      if (settled) return promise;
      if (!(await clock.next()) && !settled) throw new Error('nothing will ever happen');
    }
  };

export interface BoardConformance {
  board: Board;
  target: ProgramTarget;
  create(faults?: SimulatedFaults): BoardUnderTest;
  /** Two images of different designs for this board, one for another device. */
  images: { first: Uint8Array; second: Uint8Array; otherDevice: Uint8Array };
}

/** Registers the tests; call it inside a `describe`. */
export function boardConformance({ board, target, create, images }: BoardConformance): void {
  const program = async (under: BoardUnderTest, more: Partial<ProgramOptions>) =>
    programBoard({
      port: (await under.port?.()) ?? webUsbPort(under.simulated.device),
      board,
      bitstream: images.first,
      target,
      clock: under.clock,
      ...more,
    });
  const attempt = (under: BoardUnderTest, more: Partial<ProgramOptions> = {}) =>
    under.finish(program(under, more));
  const failure = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => expect.fail('it was programmed'),
      (error) => error,
    );

  programming(board, target, create, images, attempt);
  refusals(board, create, images, attempt, failure);
  misfortunes(create, attempt, failure);
}

type Attempt = (
  under: BoardUnderTest,
  more?: Partial<ProgramOptions>,
) => ReturnType<typeof programBoard>;
type Failure = (promise: Promise<unknown>) => Promise<unknown>;

function programming(
  board: Board,
  target: ProgramTarget,
  create: BoardConformance['create'],
  images: BoardConformance['images'],
  attempt: Attempt,
): void {
  test('it is programmed, verified and runs the design', async () => {
    const under = create();
    const seen: ProgramProgress[] = [];
    const result = await attempt(under, { onProgress: (progress) => seen.push(progress) });
    expect(result).toMatchObject({ board: board.id, target, bytes: images.first.length });
    expect(result.verified).toBe(target === 'flash' ? 'read-back' : 'done-pin');
    expect(under.simulated.state()).toMatchObject({
      configured: true,
      source: target,
      reason: null,
    });
    expect(under.simulated.device.opened).toBe(false);
    expect(new Set(seen.map(({ stage }) => stage))).toContain('verify');
    for (const [index, { stage, fraction }] of seen.entries())
      if (seen[index - 1]?.stage === stage)
        expect(fraction).toBeGreaterThanOrEqual(seen[index - 1]?.fraction ?? 0);
  });

  test('another design replaces it, and the same one gives the same memory', async () => {
    const under = create();
    await attempt(under);
    const first = under.simulated.state().designHash;
    await attempt(under, { bitstream: images.second });
    expect(under.simulated.state().designHash).not.toBe(first);
    await attempt(under);
    expect(under.simulated.state().designHash).toBe(first);
  });

  test(`without power the design is ${target === 'flash' ? 'kept' : 'lost'}`, async () => {
    const under = create();
    await attempt(under);
    under.simulated.unplug();
    expect(under.simulated.state().configured).toBe(false);
    under.simulated.plugIn();
    await under.finish(under.clock.sleep(1000));
    expect(under.simulated.state().configured).toBe(target === 'flash');
  });
}

function refusals(
  board: Board,
  create: BoardConformance['create'],
  images: BoardConformance['images'],
  attempt: Attempt,
  failure: Failure,
): void {
  test('an image of another device is refused, both are named, nothing is sent', async () => {
    const under = create();
    const error = await failure(attempt(under, { bitstream: images.otherDevice }));
    expect(isFault(error, 'E_BITSTREAM_OTHER_DEVICE')).toBe(true);
    const { family, device } = readBitstream(images.otherDevice);
    expect(String(error)).toContain(`is for ${deviceTitle(family, device)}`);
    expect(String(error)).toContain(`the board has ${deviceTitle(board.family, board.device)}`);
    expect(under.simulated.transfers()).toBe(0);
  });

  test('a file that is no image is refused, nothing is sent', async () => {
    const under = create();
    const error = await failure(attempt(under, { bitstream: images.first.subarray(0, 5000) }));
    expect(isFault(error, 'E_BITSTREAM_UNREADABLE')).toBe(true);
    expect(under.simulated.transfers()).toBe(0);
  });
}

function misfortunes(create: BoardConformance['create'], attempt: Attempt, failure: Failure): void {
  test('the system denies it', async () => {
    const under = create({ openDenied: true });
    expect(isFault(await failure(attempt(under)), 'E_BOARD_DENIED')).toBe(true);
    expect(under.simulated.transfers()).toBe(0);
  });

  test('another program has it', async () => {
    const under = create({ busy: true });
    expect(isFault(await failure(attempt(under)), 'E_BOARD_BUSY')).toBe(true);
    expect(under.simulated.device.opened).toBe(false);
  });

  test.each([1, 7, 12, 20, 40])('it is unplugged at transfer %i', async (unplugAtTransfer) => {
    const under = create({ unplugAtTransfer });
    const error = await failure(attempt(under));
    expect(isFault(error, 'E_BOARD_DISCONNECTED'), String(error)).toBe(true);
    expect(under.simulated.state().reason).toMatch(/not plugged in/);
  });

  test.each([1, 8, 30])('it hangs at transfer %i: a deadline ends it', async (hangAtTransfer) => {
    const under = create({ hangAtTransfer });
    const error = await failure(attempt(under));
    expect(isFault(error, 'E_BOARD_TIMEOUT'), String(error)).toBe(true);
    expect(under.simulated.device.opened).toBe(false);
  });

  test('the user stops it half way, then programs it again', async () => {
    const under = create();
    const stop = new AbortController();
    const stopped = failure(
      attempt(under, {
        signal: stop.signal,
        onProgress: ({ stage, fraction }) => {
          if ((stage === 'load' || stage === 'write') && fraction > 0.3) stop.abort('stopped');
        },
      }),
    );
    expect(await stopped).toBe('stopped');
    expect(under.simulated.device.opened).toBe(false);
    expect(under.simulated.state().configured).toBe(false);
    await attempt(under);
    expect(under.simulated.state().configured).toBe(true);
  });
}
