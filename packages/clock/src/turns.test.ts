import { expect, it } from 'vitest';
import { createTurns } from './turns.ts';

const never = new AbortController().signal;

it('gives turns in order, at most so many at once', async () => {
  const turns = createTurns(2);
  const order: number[] = [];
  const first = await turns.take(never);
  await turns.take(never);
  const third = turns.take(never).then(() => order.push(3));
  const fourth = turns.take(never).then(() => order.push(4));
  await Promise.resolve();
  expect(order).toEqual([]);
  first();
  first();
  await third;
  expect(order).toEqual([3]);
  void fourth;
});

it('forgets who does not wait any more', async () => {
  const turns = createTurns(1);
  const give = await turns.take(never);
  const leaving = new AbortController();
  const left = turns.take(leaving.signal);
  leaving.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  give();
  await turns.take(never);
});
