import { expect, it } from 'vitest';
import { linger } from './linger.ts';

/** A request that still arrives, and what is done to it; its clock's one alarm is rung by hand. */
function arriving(complete: boolean) {
  const calls: (string | number)[] = [];
  let close = () => {};
  let ring = () => {};
  const request = {
    complete,
    once: (_: 'close', listener: () => void) => {
      close = listener;
    },
    resume: () => calls.push('resume'),
    destroy: () => calls.push('destroy'),
  };
  linger(request, {
    after(ms, fn) {
      calls.push(ms);
      ring = fn;
      return () => {
        ring = () => {};
      };
    },
  });
  return { calls, close: () => close(), ring: () => ring() };
}

it('listens to who still sends, and no longer than a moment', () => {
  const { calls, ring } = arriving(false);
  expect(calls).toEqual([2_500, 'resume']);
  ring();
  expect(calls).toEqual([2_500, 'resume', 'destroy']);
});

it('leaves alone who has gone, or has said everything', () => {
  const gone = arriving(false);
  gone.close();
  gone.ring();
  expect(gone.calls).toEqual([2_500, 'resume']);
  expect(arriving(true).calls).toEqual([]);
});
