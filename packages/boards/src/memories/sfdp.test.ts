import { expect, test } from 'vitest';
import { planErase } from './plan.ts';
import { readSfdp, sfdpBytes } from './sfdp.ts';

/** A header, the basic table at `at`: density, then four erase types as (power of two, opcode). */
function answer(at: number, density: number, erases: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(sfdpBytes).fill(0xff);
  bytes.set([0x53, 0x46, 0x44, 0x50, 6, 1, 0, 0xff, 0, 6, 1, 16, at, 0, 0, 0xff]);
  new DataView(bytes.buffer).setUint32(at + 4, density, true);
  bytes.set(erases, at + 28);
  return bytes;
}

test('size and erase types are the chip’s own', () => {
  // As a W25Q128JV answers: 128 Mbit; 4, 32 and 64 KB.
  const winbond = readSfdp(answer(0x80, 0x07ffffff, [12, 0x20, 15, 0x52, 16, 0xd8, 0, 0]));
  expect(winbond?.sizeBytes).toBe(16 * 1024 * 1024);
  expect(winbond?.erases.map(({ bytes }) => bytes)).toEqual([4096, 65_536]);
  // Large chips give the power of two; some know one size alone.
  const uniform = readSfdp(answer(0x30, 0x8000001e, [16, 0xd8, 0, 0, 0, 0, 0, 0]));
  expect(uniform).toEqual({ sizeBytes: 2 ** 27, erases: [{ opcode: 0xd8, bytes: 65_536 }] });
  expect(planErase(70_000, uniform?.erases).map(({ address }) => address)).toEqual([0, 65_536]);
});

test.each([
  ['no signature', new Uint8Array(sfdpBytes).fill(0xff)],
  ['nothing', new Uint8Array()],
  ['cut off', answer(0xe0, 0x07ffffff, [12, 0x20])],
  ['no size', answer(0x80, 0, [12, 0x20, 0, 0, 0, 0, 0, 0])],
  ['too large to be true', answer(0x80, 0xffffffff, [12, 0x20, 0, 0, 0, 0, 0, 0])],
  ['no erase', answer(0x80, 0x07ffffff, [0, 0, 0, 0, 0, 0, 0, 0])],
  ['an erase of its own', answer(0x80, 0x07ffffff, [12, 0xc7, 0, 0, 0, 0, 0, 0])],
])('%s is no table', (_, bytes) => {
  expect(readSfdp(bytes)).toBeNull();
});
