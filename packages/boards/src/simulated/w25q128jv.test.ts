import { fakeClock } from '@joh/testkit';
import { expect, test } from 'vitest';
import {
  deselectFlash,
  exchangeFlash,
  powerOnFlash,
  selectFlash,
  type W25q128jv,
  w25q128jv,
} from './w25q128jv.ts';

function chip() {
  const clock = fakeClock();
  const flash = w25q128jv({ clock });
  return { clock, flash, send: (...bytes: number[]) => send(flash, bytes) };
}

function send(flash: W25q128jv, bytes: readonly number[]): number[] {
  selectFlash(flash);
  const out = bytes.map((byte) => exchangeFlash(flash, byte));
  deselectFlash(flash);
  return out;
}

const read = (address: number, length: number) => [
  0x03,
  address >> 16,
  (address >> 8) & 255,
  address & 255,
  ...new Array<number>(length).fill(0),
];

test('it says who it is, and SFDP starts with its signature', () => {
  const { send } = chip();
  expect(send(0x9f, 0, 0, 0)).toEqual([0xff, 0xef, 0x40, 0x18]);
  expect(send(0x90, 0, 0, 0, 0, 0).slice(4)).toEqual([0xef, 0x17]);
  const signature = send(0x5a, 0, 0, 0, 0, 0, 0, 0, 0).slice(5);
  expect(String.fromCharCode(...signature)).toBe('SFDP');
});

test('nothing is written without write enable, and it is used up by one write', async () => {
  const { send, clock } = chip();
  send(0x02, 0, 0, 0, 0x12);
  expect(send(...read(0, 1)).at(-1)).toBe(0xff);
  send(0x06);
  expect(send(0x05, 0)[1]).toBe(0x02);
  send(0x02, 0, 0, 0, 0x12);
  await clock.advance(1);
  expect(send(0x05, 0)[1]).toBe(0);
  send(0x02, 0, 0, 1, 0x34);
  expect(send(...read(0, 2)).slice(-2)).toEqual([0x12, 0xff]);
});

test('while busy it answers its status alone', async () => {
  const { send, clock } = chip();
  send(0x06);
  send(0x02, 0, 0, 0, 0x12);
  expect(send(0x05, 0, 0).slice(1)).toEqual([0x01, 0x01]);
  expect(send(...read(0, 1)).at(-1)).toBe(0xff);
  send(0x06);
  await clock.advance(0.4);
  expect(send(0x05, 0)[1]).toBe(0);
  expect(send(...read(0, 1)).at(-1)).toBe(0x12);
});

test('a page wraps at its end, and programming only clears bits', async () => {
  const { send, clock } = chip();
  send(0x06);
  send(0x02, 0, 1, 0xfe, 1, 2, 3, 4);
  await clock.advance(1);
  expect(send(...read(0x1fe, 3)).slice(-3)).toEqual([1, 2, 0xff]);
  expect(send(...read(0x100, 2)).slice(-2)).toEqual([3, 4]);
  send(0x06);
  send(0x02, 0, 1, 0xfe, 0xf0);
  await clock.advance(1);
  expect(send(...read(0x1fe, 1)).at(-1)).toBe(0);
});

test.each([
  [0x20, 4096, 45],
  [0x52, 32_768, 120],
  [0xd8, 65_536, 150],
])('erase %i clears %i bytes and takes %i ms', async (opcode, bytes, ms) => {
  const { send, clock, flash } = chip();
  flash.memory.fill(0, 0, 3 * 65_536);
  send(0x06);
  send(opcode, 1, 0x12, 0x34);
  await clock.advance(ms - 1);
  expect(send(0x05, 0)[1]! & 1).toBe(1);
  await clock.advance(1);
  expect(send(0x05, 0)[1]).toBe(0);
  const from = 0x11234 - (0x11234 % bytes);
  expect(flash.memory.subarray(from, from + bytes).every((byte) => byte === 0xff)).toBe(true);
  expect([flash.memory[from - 1], flash.memory[from + bytes]]).not.toContain(0xff);
});

test('an erase of the wrong length, or of a protected array, does nothing', async () => {
  const { send, clock, flash } = chip();
  flash.memory[0] = 0;
  send(0x06);
  send(0x20, 0, 0);
  expect(flash.memory[0]).toBe(0);
  send(0x06);
  send(0x01, 0x1c);
  await clock.advance(10);
  send(0x06);
  send(0x20, 0, 0, 0);
  expect(flash.memory[0]).toBe(0);
  expect(send(0x05, 0)[1]).toBe(0x1c);
});

test('asleep it hears only the call to wake, and needs 3 µs to do so', async () => {
  const { send, clock, flash } = chip();
  send(0xb9);
  expect(send(0x9f, 0, 0, 0)).toEqual([0xff, 0xff, 0xff, 0xff]);
  send(0xab);
  expect(send(0x9f, 0, 0, 0)[1]).toBe(0xff);
  await clock.advance(0.003);
  expect(send(0x9f, 0, 0, 0)[1]).toBe(0xef);
  send(0xb9);
  powerOnFlash(flash);
  expect(send(0x9f, 0, 0, 0)[1]).toBe(0xef);
});
