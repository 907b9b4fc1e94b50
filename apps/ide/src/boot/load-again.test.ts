import { fault } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { expect, it } from 'vitest';
import { createLoadAgain, loadsWithin } from './load-again.ts';

const incomplete = fault('E_PAGE_INCOMPLETE').body();

/** A boot screen as far as it is used. */
function fakeBoot() {
  const classes = new Set<string>();
  const part = () => ({ textContent: '' });
  const parts = { text: part(), detail: part() };
  const link = { href: '', words: '' };
  const root = {
    dataset: {} as Record<string, string>,
    classList: { add: (name: string) => classes.add(name) },
    setAttribute: () => undefined,
    querySelector: (selector: string) => {
      if (selector === 'a') {
        return {
          setAttribute: (_: string, value: string) => {
            link.href = value;
          },
          replaceChildren: (words: string) => {
            link.words = words;
          },
        };
      }
      return selector.includes('detail') ? parts.detail : parts.text;
    },
  };
  return { root: root as unknown as HTMLElement, classes, parts, link };
}

function tab(isServed: () => Promise<boolean>) {
  const clock = fakeClock();
  const stored = new Map<string, string>();
  let loads = 0;
  /** What one load of the page makes. */
  const page = (boot: HTMLElement | null) =>
    createLoadAgain({
      clock,
      storage: {
        getItem: (name) => stored.get(name) ?? null,
        setItem: (name, value) => void stored.set(name, value),
      },
      boot: () => boot,
      page: '/ide/session_1',
      isServed,
      load: () => {
        loads += 1;
      },
    });
  return { clock, page, loads: () => loads };
}

it('loads the page again, once however many parts are missing', async () => {
  const { clock, page, loads } = tab(async () => true);
  const boot = fakeBoot();
  const again = page(boot.root);
  for (let part = 0; part < 3; part++) again(incomplete);
  expect(boot.parts.text.textContent).toContain('Trying again');
  expect(boot.root.dataset.again).toBe('');
  await clock.advance(1_000);
  expect(loads()).toBe(1);
  expect(clock.pending()).toBe(0);
});

it('waits for a server that does not answer, and gives up with the fault and a way on', async () => {
  let asked = 0;
  const { clock, page, loads } = tab(async () => {
    asked += 1;
    throw new TypeError('Failed to fetch');
  });
  const boot = fakeBoot();
  page(boot.root)(incomplete);
  await clock.advance(60_000);
  expect([asked, loads()]).toEqual([4, 0]);
  expect(boot.classes).toContain('failed');
  expect(boot.parts.text.textContent).toBe(incomplete.message);
  expect(boot.link).toEqual({ href: '/ide/session_1', words: 'Load the page again' });
});

it('gives up on a server that hangs', async () => {
  const { clock, page } = tab(() => new Promise(() => undefined));
  const boot = fakeBoot();
  page(boot.root)(incomplete);
  await clock.advance(120_000);
  expect(boot.classes).toContain('failed');
  expect(clock.pending()).toBe(0);
});

it('stops after three loads in a minute, and begins anew after it', async () => {
  const { clock, page, loads } = tab(async () => true);
  for (let load = 0; load < 5; load++) {
    page(fakeBoot().root)(incomplete);
    await clock.advance(1_000);
  }
  expect(loads()).toBe(3);
  await clock.advance(60_000);
  page(fakeBoot().root)(incomplete);
  await clock.advance(1_000);
  expect(loads()).toBe(4);
});

it('leaves a workbench that shows alone', async () => {
  const { clock, page, loads } = tab(async () => true);
  page(null)(incomplete);
  await clock.advance(60_000);
  expect(loads()).toBe(0);
});

it('takes nothing else for times of loads', () => {
  expect(loadsWithin(null, 100_000)).toEqual([]);
  expect(loadsWithin('[1,"x"] NaN', 100_000)).toEqual([]);
  expect(loadsWithin('10000 50000 99000 200000', 100_000)).toEqual([50_000, 99_000]);
});
