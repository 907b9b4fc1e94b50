import { readFileSync } from 'node:fs';
import { boardById, checkBitstream } from '@joh/boards';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planErase, planPages } from './memories/plan.ts';

const image = new Uint8Array(
  readFileSync(new URL('../../bitstream/fixtures/up5k-memory.bin', import.meta.url)),
);
const board = boardById('icebreaker');
test('a damaged file may be tried on the FPGA, never on the flash', () => {
  const damaged = image.slice();
  damaged[50_000]! ^= 1;
  expect(checkBitstream(damaged, board, 'sram')).toMatchObject({ crc: 'invalid' });
  expect(() => checkBitstream(damaged, board, 'flash')).toThrow(/checksum is wrong/);
});

test('erasing covers the image, starts at 0, and never reaches past its last sector', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600_000 }), (length) => {
      let end = 0;
      for (const { address, bytes, opcode } of planErase(length)) {
        expect(address).toBe(end);
        expect(address % bytes).toBe(0);
        expect(bytes).toBe(opcode === 0xd8 ? 65_536 : 4096);
        end = address + bytes;
      }
      expect(end).toBeGreaterThanOrEqual(length);
      expect(end - length).toBeLessThan(4096);
    }),
  );
});

test('pages rebuild the image over an erased chip, and blank ones are left out', () => {
  const bytes = new Uint8Array(1000).fill(0xff);
  bytes[300] = 7;
  bytes[999] = 8;
  const pages = planPages(bytes);
  expect(pages.map(({ address }) => address)).toEqual([256, 768]);
  const rebuilt = new Uint8Array(1000).fill(0xff);
  for (const { address, data } of pages) rebuilt.set(data, address);
  expect(rebuilt).toEqual(bytes);
});
