/** One attempt at programming a board: what every wait in it has in common. */
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import type { Signal } from './signal.ts';

export interface Attempt {
  clock: Clock;
  signal: Signal | undefined;
  /** The board as faults name it. */
  board: string;
}

/**
 * Runs one step with a deadline.
 * @param step in the words of `E_BOARD_TIMEOUT`: "did not answer in time while {step}".
 * @throws Fault `E_BOARD_TIMEOUT` after `deadlineMs`; the signal's reason when it aborts.
 */
export function within<T>(
  attempt: Attempt,
  step: string,
  deadlineMs: number,
  action: () => Promise<T>,
): Promise<T> {
  const { clock, signal, board } = attempt;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => finish(() => reject(signal?.reason));
    const cancel = clock.after(deadlineMs, () =>
      finish(() => reject(fault('E_BOARD_TIMEOUT', { board, step }))),
    );
    const finish = (end: () => void) => {
      cancel();
      signal?.removeEventListener('abort', abort);
      end();
    };
    signal?.addEventListener('abort', abort);
    action().then(
      (value) => finish(() => resolve(value)),
      (error) => finish(() => reject(error)),
    );
  });
}

/**
 * Asks again and again until the answer is yes; `false` when it is no to a question that was asked after
 * the deadline: an answer may take long to come, and tells of the time when it was asked for.
 */
export async function until(
  attempt: Attempt,
  everyMs: number,
  deadlineMs: number,
  ask: () => Promise<boolean>,
): Promise<boolean> {
  const { clock } = attempt;
  const end = clock.monotonic() + deadlineMs;
  for (;;) {
    const isLast = clock.monotonic() >= end;
    if (await ask()) return true;
    if (isLast) return false;
    await pause(attempt, everyMs);
  }
}

/**
 * Waits for at least `ms` by the monotonic clock, because chips lose what comes sooner: a timer counts in
 * whole milliseconds and may end one early (of 4000 timers of 2 ms in Node 24 two ended within 1.1 ms).
 * Rejects with the signal's reason when it aborts first.
 */
export async function pause(
  { clock, signal }: Pick<Attempt, 'clock' | 'signal'>,
  ms: number,
): Promise<void> {
  const end = clock.monotonic() + ms;
  for (let left = ms; left > 0; left = end - clock.monotonic()) await timer(clock, signal, left);
}

function timer(clock: Clock, signal: Signal | undefined, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort);
  });
}
