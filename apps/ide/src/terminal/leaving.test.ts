import { expect, it } from 'vitest';
import { watchLeaving } from './leaving.ts';

it.each(['beforeunload', 'pagehide'])('%s: all its listeners know, and nobody after it', (kind) => {
  const page = new EventTarget();
  const later: (() => void)[] = [];
  const isLeaving = watchLeaving(page, {
    after: (_, fn) => {
      later.push(fn);
      return () => undefined;
    },
  });
  const seen: boolean[] = [];
  page.addEventListener(kind, () => seen.push(isLeaving()));
  expect(isLeaving()).toBe(false);
  page.dispatchEvent(new Event(kind));
  expect(seen).toEqual([true]);
  for (const fn of later) fn();
  expect(isLeaving()).toBe(false);
});
