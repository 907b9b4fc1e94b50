/** The board table and the ways to look something up in it. */
import { fault } from '@joh/protocol';
import type { Board } from './board.ts';

/** An FTDI chip wired as on Lattice's own boards; iceprog drives all of these the same way. */
const latticeFtdi = {
  bridge: 'ftdi',
  channel: 'A',
  wire: 'spi',
  select: 4,
  done: 6,
  reset: 7,
  // The rate that iCE40 programmers have always used with these boards; the FPGA takes 25 MHz.
  clockHz: 6_000_000,
} as const;

export const boards: readonly Board[] = [
  {
    id: 'icebreaker',
    title: 'iCEBreaker',
    vendor: '1BitSquared',
    family: 'ice40',
    device: 'up5k',
    package: 'sg48',
    usb: { vendorId: 0x0403, productId: 0x6010, product: /icebreaker/i },
    programmer: latticeFtdi,
    targets: ['flash'],
    // The note on the board's schematic (icebreaker v1.0e, sheet 1).
    rewiring: {
      target: 'sram',
      steps:
        'as sold, an iCEBreaker is wired for its flash; to load the FPGA directly, cut the traces of J15 and J16, join pads 1 and 2 of each and remove the jumper J18',
    },
    triedOnSilicon: false,
  },
  {
    id: 'icestick',
    title: 'iCEstick',
    vendor: 'Lattice',
    family: 'ice40',
    device: 'hx1k',
    package: 'tq144',
    usb: { vendorId: 0x0403, productId: 0x6010, product: /lattice(?!.*ecp5)|icestick|dual rs232/i },
    programmer: latticeFtdi,
    targets: ['flash'],
    rewiring: null,
    triedOnSilicon: false,
  },
  {
    id: 'ice40-hx8k',
    title: 'iCE40-HX8K breakout board',
    vendor: 'Lattice',
    family: 'ice40',
    device: 'hx8k',
    package: 'ct256',
    usb: { vendorId: 0x0403, productId: 0x6010, product: /lattice(?!.*ecp5)|hx8k|dual rs232/i },
    programmer: latticeFtdi,
    targets: ['flash'],
    rewiring: {
      target: 'sram',
      steps: 'remove the jumper J7 and turn both jumpers of J6 by 90° (user guide EB85)',
    },
    triedOnSilicon: false,
  },
  {
    id: 'upduino3',
    title: 'UPduino 3',
    vendor: 'tinyVision.ai',
    family: 'ice40',
    device: 'up5k',
    package: 'sg48',
    // An FT232H: one channel, the same pins.
    usb: { vendorId: 0x0403, productId: 0x6014, product: /upduino/i },
    programmer: latticeFtdi,
    targets: ['flash'],
    rewiring: null,
    triedOnSilicon: false,
  },
  {
    id: 'fomu',
    title: 'Fomu',
    vendor: 'Sutajio Kosagi',
    family: 'ice40',
    device: 'up5k',
    package: 'uwg30',
    // The ids of its bootloader, foboot.
    usb: { vendorId: 0x1209, productId: 0x5bf0, product: /fomu/i },
    programmer: { bridge: 'dfu', interface: 0 },
    targets: ['flash'],
    rewiring: null,
    triedOnSilicon: false,
  },
  {
    id: 'orangecrab',
    title: 'OrangeCrab 25F',
    vendor: 'Good Stuff Department',
    family: 'ecp5',
    device: '25k',
    package: 'csfbga285',
    // Both sizes have one bootloader, so neither is sure.
    usb: { vendorId: 0x1209, productId: 0x5af0, product: /orangecrab/i },
    programmer: { bridge: 'dfu', interface: 0 },
    targets: ['flash'],
    rewiring: null,
    triedOnSilicon: false,
  },
  {
    id: 'orangecrab-85f',
    title: 'OrangeCrab 85F',
    vendor: 'Good Stuff Department',
    family: 'ecp5',
    device: '85k',
    package: 'csfbga285',
    usb: { vendorId: 0x1209, productId: 0x5af0, product: /orangecrab/i },
    programmer: { bridge: 'dfu', interface: 0 },
    targets: ['flash'],
    rewiring: null,
    triedOnSilicon: false,
  },
  {
    id: 'ecp5-evn',
    title: 'ECP5 evaluation board',
    vendor: 'Lattice',
    family: 'ecp5',
    device: 'um5g-85k',
    package: 'cabga381',
    usb: { vendorId: 0x0403, productId: 0x6010, product: /ecp5/i },
    programmer: { bridge: 'ftdi', channel: 'A', wire: 'jtag', clockHz: 6_000_000 },
    targets: ['sram', 'flash'],
    rewiring: null,
    triedOnSilicon: false,
  },
  {
    id: 'ulx3s',
    title: 'ULX3S 85F',
    vendor: 'Radiona',
    family: 'ecp5',
    device: '85k',
    package: 'cabga381',
    // The connector US1; the name is in the chip's EEPROM, e.g. "ULX3S FPGA 85K v3.0.8".
    usb: { vendorId: 0x0403, productId: 0x6015, product: /ulx3s.*85k/i },
    // DSR, DCD, RI and CTS, as OpenOCD's ft232r driver is set up for this board.
    programmer: { bridge: 'ftdi-bitbang', tck: 5, tms: 6, tdi: 7, tdo: 3 },
    targets: ['sram', 'flash'],
    rewiring: null,
    triedOnSilicon: false,
  },
  {
    id: 'ulx3s-dfu',
    title: 'ULX3S 85F with its DFU bootloader',
    vendor: 'Radiona',
    family: 'ecp5',
    device: '85k',
    package: 'cabga381',
    // The bootloader on the connector US2.
    usb: { vendorId: 0x1d50, productId: 0x614b, product: /ulx3s/i },
    programmer: { bridge: 'dfu', interface: 0 },
    targets: ['flash'],
    rewiring: null,
    triedOnSilicon: false,
  },
];

/**
 * The row of a board id.
 * @throws Fault `E_BOARD_UNKNOWN` naming the ids there are.
 */
export function boardById(id: string): Board {
  const board = boards.find((row) => row.id === id);
  if (!board)
    throw fault('E_BOARD_UNKNOWN', { board: id, boards: boards.map((row) => row.id).join(', ') });
  return board;
}

/** For `navigator.usb.requestDevice({filters})`: each pair of ids once. */
export function boardFilters(
  rows: readonly Board[] = boards,
): { vendorId: number; productId: number }[] {
  const pairs = new Map(
    rows.map(({ usb: { vendorId, productId } }) => [
      `${vendorId}:${productId}`,
      { vendorId, productId },
    ]),
  );
  return [...pairs.values()];
}

/** A device that may be a board, with the rows that fit: the surest first, none when unknown. */
export interface FoundBoard<D> {
  device: D;
  boards: readonly Board[];
  /** Set when exactly one row names this product: only then may it be chosen unasked. */
  sure: boolean;
}

interface Described {
  vendorId: number;
  productId: number;
  productName?: string | null | undefined;
}

/** Tells attached devices apart. Those that fit no row are left out. */
export function findBoards<D extends Described>(
  devices: readonly D[],
  rows: readonly Board[] = boards,
): FoundBoard<D>[] {
  return devices.flatMap((device) => {
    const same = rows.filter(
      ({ usb }) => usb.vendorId === device.vendorId && usb.productId === device.productId,
    );
    const named = same.filter(({ usb }) => usb.product?.test(device.productName ?? ''));
    const fit = [...named, ...same.filter((row) => !named.includes(row))];
    return fit.length === 0 ? [] : [{ device, boards: fit, sure: named.length === 1 }];
  });
}
