import { systemClock } from '@joh/clock';
import { expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { createShutdown } from './shutdown.ts';

const make = (deadlineMs: number) =>
  createShutdown({ clock: systemClock(), logger: createLogger({ level: 'silent' }), deadlineMs });

it('ends parts in reverse order, once, even when one throws', async () => {
  const shutdown = make(5_000);
  const order: string[] = [];
  shutdown.add('store', () => void order.push('store'));
  shutdown.add('broken', () => {
    throw new Error('planted');
  });
  shutdown.add('http', async () => void order.push('http'));
  await Promise.all([shutdown.run(), shutdown.run()]);
  expect(order).toEqual(['http', 'store']);
});

it('does not wait past its deadline', async () => {
  const shutdown = make(30);
  let aborted = false;
  shutdown.add('last', () => undefined);
  shutdown.add('stuck', (signal) => {
    signal.addEventListener('abort', () => {
      aborted = true;
    });
    return new Promise(() => undefined);
  });
  await shutdown.run();
  expect(aborted).toBe(true);
});
