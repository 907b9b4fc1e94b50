import { expect, it } from 'vitest';
import { createSharedSync } from './shared-sync.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('runs two at once, and one more for all who ask meanwhile', async () => {
  const ends: ((error?: Error) => void)[] = [];
  const sync = createSharedSync(() => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    ends.push((error) => (error ? reject(error) : resolve()));
    return promise;
  });
  const done: string[] = [];
  const ask = (name: string) =>
    sync().then(
      () => done.push(name),
      () => done.push(`${name} failed`),
    );
  for (const name of ['a', 'b', 'c', 'd']) void ask(name);
  await turn();
  expect(ends).toHaveLength(2);
  ends[0]?.(new Error('disk'));
  await turn();
  expect(done).toEqual(['a failed']);
  // It began after `c` and `d` had asked.
  expect(ends).toHaveLength(3);
  void ask('e');
  ends[1]?.();
  await turn();
  expect(done).toEqual(['a failed', 'b']);
  expect(ends).toHaveLength(4);
  ends[2]?.();
  await turn();
  expect(done.slice(2)).toEqual(['c', 'd']);
  ends[3]?.();
  await turn();
  expect(done.slice(4)).toEqual(['e']);
});
