import { simulatedFomu, simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { expect, it } from 'vitest';
import { chooseBoard, listedBoards } from './boards.ts';

const clock = systemClock();
const icebreaker = (serialNumber: string) => simulatedIcebreaker({ clock, serialNumber }).device;
const fomu = simulatedFomu({ clock }).device;
/** What Lattice's boards call themselves: an iCEstick, or an HX8K breakout board. */
const lattice = { ...icebreaker('L1'), productName: 'Lattice FTUSB Interface Cable' };

it('takes the only board unasked, and no other', () => {
  const [one, two] = [icebreaker('A'), icebreaker('B')];
  expect(chooseBoard(listedBoards([one]), {}).name).toBe('icebreaker');
  expect(() => chooseBoard(listedBoards([one, two]), {})).toThrow(
    /--board icebreaker --serial A, --board icebreaker --serial B/,
  );
  expect(chooseBoard(listedBoards([one, two]), { serial: 'B' }).serial).toBe('B');
  expect(chooseBoard(listedBoards([one, fomu]), { board: 'fomu' }).name).toBe('fomu');
  expect(() => chooseBoard(listedBoards([one, fomu]), {})).toThrow(/Several boards fit/);
});

it('takes one of several that look the same only by its name', () => {
  const listed = listedBoards([lattice]);
  expect(() => chooseBoard(listed, {})).toThrow(/--board icestick .*--board ice40-hx8k/);
  expect(chooseBoard(listed, { board: 'ice40-hx8k' }).board.device).toBe('hx8k');
});

it('says when there is none, or no such board', () => {
  expect(() => chooseBoard([], {})).toThrow(/No board of the table/);
  expect(() => chooseBoard([], { board: 'icebreaker' })).toThrow(/No board of the table/);
  expect(() => chooseBoard([], { board: 'arty' })).toThrow(/no board "arty"/);
  expect(() => chooseBoard([], { board: 'sim:arty' })).toThrow(/no board "sim:arty"/);
  expect(chooseBoard([], { board: 'sim:fomu' }).board.id).toBe('fomu');
});
