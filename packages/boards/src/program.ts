import { anyUsbId, deviceTitle, dfuSuffix, readBitstream } from '@joh/bitstream';
import type { Clock } from '@joh/clock';
import { type BitstreamInformation, fault } from '@joh/protocol';
import type {
  BitbangJtagProgrammer,
  Board,
  FtdiJtagProgrammer,
  FtdiSpiProgrammer,
  ProgramProgress,
  ProgramResult,
  ProgramTarget,
} from './board.ts';
import { openDfu } from './bridges/dfu.ts';
import { writeBootFlash } from './families/boot-flash.ts';
import { ecp5Flash, loadEcp5 } from './families/ecp5.ts';
import { type Ice40Options, ice40Flash, loadIce40 } from './families/ice40.ts';
import type { Signal } from './signal.ts';
import type { UsbPort } from './usb-port.ts';
import { openBitbang, openMpsse, type Visit, visit } from './visit.ts';
import { jtagBus } from './wires/jtag.ts';
import { bitbangJtagBus } from './wires/jtag-bitbang.ts';
import { spiBus } from './wires/spi.ts';

export interface ProgramOptions {
  /** A port that is not open yet; it is closed again whatever happens. */
  port: UsbPort;
  board: Board;
  /** The bytes of the bitstream file. */
  bitstream: Uint8Array;
  /** Default: the board's own, `board.targets[0]`. */
  target?: ProgramTarget;
  onProgress?: (progress: ProgramProgress) => void;
  /** Ends programming: rejects with the signal's reason, the board may be half programmed. */
  signal?: Signal;
  clock: Clock;
}

/**
 * Says whether a bitstream may go to a board, before anything is sent. A damaged file may be tried
 * on an FPGA, which refuses it and forgets it; it is never written over a flash that works.
 * @throws Fault `E_BITSTREAM_UNREADABLE`, `E_BITSTREAM_OTHER_DEVICE`.
 */
export function checkBitstream(
  bitstream: Uint8Array,
  board: Board,
  target: ProgramTarget,
): BitstreamInformation {
  const information = readBitstream(bitstream);
  const { family, device, crc } = information;
  if (family !== board.family || device !== board.device)
    throw fault('E_BITSTREAM_OTHER_DEVICE', {
      bitstreamDevice: deviceTitle(family, device),
      boardDevice: deviceTitle(board.family, board.device),
    });
  if (information.format === 'iCE40 text image')
    throw fault('E_BITSTREAM_UNREADABLE', {
      reason: 'it is the text form (.asc) of an iCE40 image; pack it with icepack',
    });
  if (information.format === 'ECP5 bitstream in SVF')
    throw fault('E_BITSTREAM_UNREADABLE', {
      reason: 'it is an SVF, which is played and not written; use the .bit that it was made from',
    });
  const { dfu } = information;
  if (dfu && !isMeantFor(dfu, board))
    throw fault('E_BITSTREAM_UNREADABLE', {
      reason: `its DFU suffix is for the USB device ${usbId(dfu)}, not ${usbId(board.usb)}`,
    });
  if (crc === 'invalid' && target === 'flash')
    throw fault('E_BITSTREAM_UNREADABLE', { reason: 'its checksum is wrong, the file is damaged' });
  return information;
}

/**
 * Checks, programs and verifies. `result.verified` says what is known afterwards.
 * @throws Fault of `checkBitstream`; `E_BOARD_DENIED`, `E_BOARD_BUSY` (nothing was sent);
 * `E_BOARD_DISCONNECTED`, `E_BOARD_TIMEOUT`; `E_BOARD_REFUSED` with the reason;
 * `E_BOARD_VERIFY_FAILED`.
 */
export async function programBoard(options: ProgramOptions): Promise<ProgramResult> {
  const { board, bitstream, clock } = options;
  const target = options.target ?? board.targets[0];
  const started = clock.monotonic();
  const report: Ice40Options['report'] = (stage, message, fraction) =>
    options.onProgress?.({ stage, message, fraction });
  report('check', 'The bitstream is checked against the board.', 0);
  const { crc } = checkBitstream(bitstream, board, target);
  report('connect', `Connecting to ${board.title}.`, 0);
  const bytes = payload(bitstream);
  const outcome = await visit(options, (visited) => {
    const steps = { ...visited, bitstream: bytes, board, report };
    const { programmer } = board;
    switch (programmer.bridge) {
      case 'dfu':
        return overDfu(steps, programmer.interface);
      case 'ftdi-bitbang':
        return overBitbang(steps, programmer, target);
      default:
        return overFtdi(steps, programmer, target, crc === 'invalid');
    }
  });
  const durationMs = clock.monotonic() - started;
  return { board: board.id, target, bytes: bytes.length, durationMs, ...outcome };
}

interface Steps extends Visit, Pick<ProgramOptions, 'board' | 'bitstream'> {
  report: Ice40Options['report'];
}

type Outcome = Pick<ProgramResult, 'verified' | 'message' | 'flash'>;

async function overFtdi(
  { port, board, bitstream, attempt, report, letGo }: Steps,
  programmer: FtdiSpiProgrammer | FtdiJtagProgrammer,
  target: ProgramTarget,
  isDamaged: boolean,
): Promise<Outcome> {
  const engine = await openMpsse({ port, attempt, letGo }, programmer);
  if (programmer.wire === 'jtag')
    return overJtag(
      { bus: jtagBus(engine, programmer.clockHz), board, bitstream, attempt, report },
      target,
    );
  const access = { bus: spiBus(engine, programmer), board, attempt, report };
  return target === 'sram'
    ? loadIce40({ ...access, bitstream, isDamaged })
    : writeBootFlash(ice40Flash(access), bitstream);
}

const overJtag = (options: Parameters<typeof loadEcp5>[0], target: ProgramTarget) =>
  target === 'sram' ? loadEcp5(options) : writeBootFlash(ecp5Flash(options), options.bitstream);

async function overBitbang(
  { port, board, bitstream, attempt, report, letGo }: Steps,
  programmer: BitbangJtagProgrammer,
  target: ProgramTarget,
): Promise<Outcome> {
  const engine = await openBitbang({ port, attempt, letGo }, programmer);
  const bus = bitbangJtagBus(engine, programmer);
  return overJtag({ bus, board, bitstream, attempt, report }, target);
}

async function overDfu(
  { port, bitstream, attempt, report, letGo }: Steps,
  number: number,
): Promise<Outcome> {
  const dfu = await openDfu(port, number, attempt);
  letGo(dfu);
  await dfu.download(bitstream, (fraction) =>
    report('write', 'The bootloader writes the image.', fraction),
  );
  report('start', 'The bootloader starts the image.', 1);
  return {
    verified: 'bootloader',
    message: `The bootloader took all ${bitstream.length} bytes without an error and started the image; it reads nothing back. For its next programming, plug the board in again.`,
    flash: null,
  };
}

/** What goes to the board: a DFU suffix stays behind (USB DFU 1.1 appendix B). */
const payload = (bitstream: Uint8Array) =>
  bitstream.subarray(0, bitstream.length - (dfuSuffix(bitstream)?.length ?? 0));

interface UsbIds {
  vendorId: number;
  productId: number;
}
const isMeantFor = (ids: UsbIds, { usb }: Board) =>
  [anyUsbId, usb.vendorId].includes(ids.vendorId) &&
  [anyUsbId, usb.productId].includes(ids.productId);
const usbId = ({ vendorId, productId }: UsbIds) =>
  [vendorId, productId].map((id) => id.toString(16).padStart(4, '0')).join(':');
