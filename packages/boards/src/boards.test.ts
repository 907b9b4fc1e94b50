import { readFileSync } from 'node:fs';
import { ecp5Devices, ice40Devices } from '@joh/bitstream';
import { boardById, boardFilters, boards, findBoards } from '@joh/boards';
import { expect, test } from 'vitest';

test('ids are unique, devices are known, something can be programmed', () => {
  expect(new Set(boards.map(({ id }) => id)).size).toBe(boards.length);
  for (const { family, device, targets, rewiring } of boards) {
    const known = [...ice40Devices, ...ecp5Devices].filter((row) => row.family === family);
    expect(known.map(({ id }) => id)).toContain(device);
    if (rewiring) expect(targets).not.toContain(rewiring.target);
  }
  expect(boardById('icebreaker')).toMatchObject({ device: 'up5k', package: 'sg48' });
});

test('docs/boards.md has a row for each', () => {
  const text = readFileSync(new URL('../../../docs/boards.md', import.meta.url), 'utf8');
  const ids = [...text.matchAll(/^\| `([a-z0-9-]+)` +\|/gm)].map(([, id]) => id);
  expect(ids).toEqual(boards.map(({ id }) => id));
});

test('an unknown board is named, with those there are', () => {
  expect(() => boardById('arty')).toThrow(/There is no board "arty"/);
  try {
    boardById('arty');
  } catch (error) {
    expect((error as { details: { boards: string } }).details.boards).toMatch(/icebreaker, /);
  }
});

test('the filters name each pair of ids once', () => {
  expect(boardFilters()).toEqual([
    { vendorId: 0x0403, productId: 0x6010 },
    { vendorId: 0x0403, productId: 0x6014 },
    { vendorId: 0x1209, productId: 0x5bf0 },
    { vendorId: 0x1209, productId: 0x5af0 },
    { vendorId: 0x0403, productId: 0x6015 },
    { vendorId: 0x1d50, productId: 0x614b },
  ]);
});

test('several boards on one id are told apart by name; without one nothing is sure', () => {
  const usb = (productName: string | null, productId = 0x6010) => ({
    vendorId: 0x0403,
    productId,
    productName,
  });
  const found = findBoards([
    usb('iCEBreaker V1.0e'),
    usb('Lattice FTUSB Interface Cable'),
    usb(null),
    usb('Lattice ECP5 Evaluation Board'),
    usb('UPduino v3.1c', 0x6014),
    usb('ULX3S FPGA 85K v3.0.8', 0x6015),
    usb('FT231X USB UART', 0x6015),
    { vendorId: 0x046d, productId: 1 },
  ]);
  expect(found.map(({ sure, boards: [first] }) => [first?.id, sure])).toEqual([
    ['icebreaker', true],
    ['icestick', false],
    ['icebreaker', false],
    ['ecp5-evn', true],
    ['upduino3', true],
    ['ulx3s', true],
    ['ulx3s', false],
  ]);
  expect(found[1]?.boards.map(({ id }) => id)).toEqual([
    'icestick',
    'ice40-hx8k',
    'icebreaker',
    'ecp5-evn',
  ]);
});
