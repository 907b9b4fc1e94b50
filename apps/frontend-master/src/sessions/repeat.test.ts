import { expect, it } from 'vitest';
import { createRepeat } from './repeat.ts';

it('runs after the last asking, at whichever moment that comes', async () => {
  for (let moment = 0; moment < 12; moment += 1) {
    const seen: number[] = [];
    let state = 0;
    const ask = createRepeat(
      async () => {
        seen.push(state);
        await null;
      },
      () => undefined,
    );
    ask();
    for (let step = 0; step < moment; step += 1) await null;
    state = 1;
    ask();
    for (let step = 0; step < 12; step += 1) await null;
    expect(seen.at(-1), `asked after ${moment} steps`).toBe(1);
  }
});

it('runs one at a time, and again after a failure', async () => {
  let running = 0;
  let runs = 0;
  let failures = 0;
  const ask = createRepeat(
    async () => {
      runs += 1;
      running += 1;
      expect(running).toBe(1);
      await null;
      running -= 1;
      if (runs === 1) throw new Error('planted');
    },
    () => {
      failures += 1;
    },
  );
  for (let i = 0; i < 5; i += 1) ask();
  await new Promise((resolve) => setImmediate(resolve));
  ask();
  await new Promise((resolve) => setImmediate(resolve));
  expect([runs, failures]).toEqual([2, 1]);
});
