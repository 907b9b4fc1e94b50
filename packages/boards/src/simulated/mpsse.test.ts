import { expect, test } from 'vitest';
import { feedMpsse, isStalled, mpsse, runMpsse } from './mpsse.ts';

/** MISO is wired to MOSI; every clock is written down. */
function engine(miso: (mosi: number) => number = (mosi) => mosi) {
  const clocks: number[] = [];
  const driven: [number, number][] = [];
  const it = mpsse({
    drive: (levels, directions) => void driven.push([levels, directions]),
    levels: () => 0x5a,
    clock: (mosi) => {
      clocks.push(mosi);
      return miso(mosi);
    },
  });
  return {
    it,
    clocks,
    driven,
    feed: (...bytes: number[]) => feedMpsse(it, Uint8Array.from(bytes)),
  };
}

test('what is no command comes back after FAh', () => {
  const { it, feed } = engine();
  feed(0xaa, 0xab, 0x87);
  expect(it.output).toEqual([0xfa, 0xaa, 0xfa, 0xab]);
  expect(it.isFlushed).toBe(true);
});

test('bytes go out most significant bit first and come back; commands may arrive in pieces', () => {
  const { it, clocks, feed } = engine();
  feed(0x31, 1);
  feed(0, 0xa5);
  expect(clocks).toEqual([]);
  feed(0x0f);
  expect(it.output).toEqual([0xa5, 0x0f]);
  expect(clocks.slice(0, 8)).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
});

test('bits, least significant first, reading alone, clocks alone', () => {
  const { it, clocks, feed } = engine();
  feed(0x33, 2, 0b1010_0000);
  expect(it.output).toEqual([0b101]);
  feed(0x3b, 2, 0b011);
  expect(it.output[1]).toBe(0b0110_0000);
  clocks.length = 0;
  feed(0x20, 0, 0, 0x8e, 2, 0x8f, 1, 0);
  expect(clocks).toHaveLength(8 + 3 + 16);
});

test('data that changes on the edge where it is sampled arrives a bit late', () => {
  const { clocks, feed } = engine();
  feed(0x10, 0, 0, 0b1000_0001);
  expect(clocks).toEqual([0, 1, 0, 0, 0, 0, 0, 0]);
});

test('pins are driven and read', () => {
  const { it, driven, feed } = engine();
  feed(0x80, 0x10, 0x13, 0x81, 0x83);
  expect(driven).toEqual([[0x10, 0x13]]);
  expect(it.output).toEqual([0x5a, 0xff]);
});

test('it stalls when the host does not read, and goes on when it does', () => {
  const { it, feed } = engine(() => 1);
  feed(0x20, 0xff, 0xff, 0x81);
  expect(isStalled(it)).toBe(true);
  let read = 0;
  while (it.output.length > 0) {
    read += it.output.splice(0, 510).length;
    runMpsse(it);
  }
  expect(read).toBe(65_536 + 1);
});

test('TMS goes out least significant bit first, with TDI held (§3.4)', () => {
  const levels: number[] = [];
  const tdi: number[] = [];
  const it = mpsse({
    drive: () => undefined,
    levels: () => 0,
    tms: (level) => levels.push(level),
    clock: (bit) => {
      tdi.push(bit);
      return levels.length & 1;
    },
  });
  feedMpsse(it, Uint8Array.of(0x4b, 3, 0b1000_0011, 0x6b, 1, 0b01));
  expect(levels).toEqual([1, 1, 0, 0, 1, 0]);
  expect(tdi).toEqual([1, 1, 1, 1, 0, 0]);
  expect(it.output).toEqual([0b0100_0000]);
});
