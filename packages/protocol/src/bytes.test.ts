import { expect, it } from 'vitest';
import { joinBytes } from './index.ts';

it('joins parts in order, empty ones too, and keeps none of them', () => {
  const part = Uint8Array.of(1, 2);
  const whole = joinBytes([part, new Uint8Array(), Uint8Array.of(3)]);
  part[0] = 9;
  expect([...whole]).toEqual([1, 2, 3]);
  expect(joinBytes([])).toHaveLength(0);
});
