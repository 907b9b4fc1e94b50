import { expect, it } from 'vitest';
import { createPushQueue } from './push-queue.ts';

const limits = { pathsMax: 4, batchMax: 3, attemptsMax: 2, rememberedMax: 2 };

it('gives batches in the order of arrival, and each path once', () => {
  const queue = createPushQueue(limits);
  queue.add(['a', 'b', 'a']);
  queue.add(['b', 'c', 'd']);
  expect(queue.take()).toEqual(['a', 'b', 'c']);
  queue.add(['a']);
  expect(queue.size()).toBe(4);
  queue.copied(['a', 'b', 'c']);
  expect(queue.take()).toEqual(['d']);
  queue.copied(['d']);
  queue.add(['d']);
  expect(queue.take()).toEqual([]);
});

it('tries what failed again, alone and after all others, and not for ever', () => {
  const queue = createPushQueue(limits);
  queue.add(['a', 'b']);
  expect(queue.failed(queue.take())).toEqual([]);
  queue.add(['c']);
  expect(queue.take()).toEqual(['c']);
  queue.copied(['c']);
  expect(queue.take()).toEqual(['a']);
  expect(queue.failed(['a'])).toEqual(['a']);
  expect(queue.take()).toEqual(['b']);
  queue.copied(['b']);
  expect(queue.size()).toBe(0);
});

it('is bounded, and forgets the oldest of what was copied', () => {
  const queue = createPushQueue(limits);
  queue.add(['a', 'b', 'c', 'd', 'e']);
  expect(queue.size()).toBe(4);
  queue.copied(queue.take());
  expect(queue.giveUp()).toBe(1);
  queue.add(['a', 'b', 'c']);
  expect(queue.take()).toEqual(['a']);
});
