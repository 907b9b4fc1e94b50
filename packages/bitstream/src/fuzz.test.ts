/**
 * Whatever the bytes, a reader says what they are or throws `E_BITSTREAM_UNREADABLE`, in time. The
 * suite runs a few thousand; `npm run fuzz -w packages/bitstream` a million.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readBitstream } from '@joh/bitstream';
import { isFault } from '@joh/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const runs = Number(process.env.JOH_FUZZ_RUNS ?? 4000);
/** Beginnings hold all the commands; a whole ECP5 image would take a thousand times longer. */
const headBytes = 3000;
const read = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const text = (value: string) => Uint8Array.from(value, (character) => character.charCodeAt(0));

const heads: readonly Uint8Array[] = [
  new Uint8Array(read('lp384-blinky.bin')),
  ...['lp384-blinky.asc', 'ecp5-25k-memory.bit', 'ecp5-85k-blinky.bit', 'ecp5-25k-blinky.svf']
    .concat('gw1nz-1-blinky.fs', 'gw1n-9c-blinky.fs')
    .map((name) => new Uint8Array(gunzipSync(read(`${name}.gz`)).subarray(0, headBytes))),
  Uint8Array.of(0, 9, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0, 0, 1, 97, 0, 2, 55, 0),
  Uint8Array.of(0xaa, 0x99, 0x55, 0x66, 0x30, 1, 0x80, 1, 3, 0x62, 0xd0, 0x93, 0x30, 0, 0x40, 2),
  new Uint8Array([...text('x'), ...new Array(11).fill(0), 0, 1, ...text('UFD'), 16, 1, 2, 3, 4]),
];

/** Bytes to overwrite, and where to cut and to repeat. */
const change = fc.record({
  head: fc.nat(heads.length - 1),
  writes: fc.array(fc.tuple(fc.nat(headBytes), fc.nat(255)), { maxLength: 8 }),
  early: fc.array(fc.tuple(fc.nat(160), fc.nat(255)), { maxLength: 4 }),
  cut: fc.option(fc.nat(headBytes)),
  tail: fc.option(fc.uint8Array({ maxLength: 40 })),
});

test(`${runs} damaged files`, { timeout: 20_000 + runs }, () => {
  fc.assert(
    fc.property(change, ({ head, writes, early, cut, tail }) => {
      const bytes = new Uint8Array([
        ...(heads[head]?.subarray(0, cut ?? headBytes) ?? []),
        ...(tail ?? []),
      ]);
      for (const [at, byte] of [...writes, ...early]) if (at < bytes.length) bytes[at] = byte;
      try {
        expect(readBitstream(bytes).sizeBytes).toBe(bytes.length);
      } catch (error) {
        if (!isFault(error, 'E_BITSTREAM_UNREADABLE')) throw error;
      }
    }),
    { numRuns: runs },
  );
});
