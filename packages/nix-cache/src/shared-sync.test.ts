import { expect, it } from 'vitest';
import { createSharedSync } from './shared-sync.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it('serves those who ask together with one sync, and nobody with one that had begun', async () => {
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
  void ask('a');
  void ask('b');
  await turn();
  void ask('c');
  void ask('d');
  await turn();
  expect(ends).toHaveLength(1);
  ends[0]?.(new Error('disk'));
  await turn();
  expect(done).toEqual(['a failed', 'b failed']);
  expect(ends).toHaveLength(2);
  ends[1]?.();
  await turn();
  expect(done.slice(2)).toEqual(['c', 'd']);
});
