/**
 * Loads the page again when a part of it did not arrive. A browser ends every request under way when
 * the network of its computer changes (Chromium: ERR_NETWORK_CHANGED; a VPN, a container engine or
 * another wireless network is enough), and never asks again for a module that it could not get.
 */
import { type Clock, withDeadline } from '@joh/clock';
import type { FaultBody } from '@joh/protocol';
import { createBootScreen } from './screen.ts';

/** Before each question whether the server is there again, ms. */
const pausesMs = [300, 1_000, 3_000, 10_000];
const answerMs = 10_000;
/** As often in a minute: a part that is never there must not load the page for ever. */
const loadsInMinute = 3;
const minuteMs = 60_000;
const key = 'joh.loads-again';

export interface LoadAgainOptions {
  clock: Clock;
  /** Of this tab. */
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  /** The boot screen; null once the workbench shows: then what is open matters more. */
  boot(): HTMLElement | null;
  /** Path of this page. */
  page: string;
  /** Whether the server gives the page; rejects when it is not reached. */
  isServed(signal: AbortSignal): Promise<boolean>;
  load(): void;
}

/** To be told that a part is missing, and of the fault to show when loading again does not help. */
export function createLoadAgain(options: LoadAgainOptions): (givenUp: FaultBody) => void {
  const { clock, storage, boot, page, isServed, load } = options;
  let isUnderWay = false;
  const giveUp = (root: HTMLElement, givenUp: FaultBody) => {
    const screen = createBootScreen(root);
    screen.leadTo(page, 'Load the page again');
    screen.fail(givenUp);
  };
  const again = async (root: HTMLElement, givenUp: FaultBody) => {
    const loads = loadsWithin(storage.getItem(key), clock.now());
    if (loads.length < loadsInMinute) {
      createBootScreen(root).say('Part of the page did not arrive. Trying again…');
      for (const pauseMs of pausesMs) {
        await clock.sleep(pauseMs);
        const served = await withDeadline(clock, answerMs, undefined, isServed).catch(() => false);
        if (!served) continue;
        storage.setItem(key, [...loads, clock.now()].join(' '));
        return load();
      }
    }
    giveUp(root, givenUp);
  };
  return (givenUp) => {
    const root = boot();
    if (isUnderWay || !root) return;
    isUnderWay = true;
    root.dataset.again = '';
    // Without a tab's storage nothing would stop it from loading for ever.
    again(root, givenUp).catch(() => giveUp(root, givenUp));
  };
}

/** Times of the loads of the last minute, by what was stored: numbers with spaces between. */
export function loadsWithin(stored: string | null, nowMs: number): number[] {
  const times = (stored ?? '').split(' ').map(Number);
  return times.filter((time) => time > nowMs - minuteMs && time <= nowMs);
}
