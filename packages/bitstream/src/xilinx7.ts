/**
 * Reads Xilinx 7-series bitstreams, with the `.bit` header or without it (`.bin`). The stream: AMD
 * UG470 "7 Series FPGAs Configuration", chapter 5; the header: fields of a letter, a length, text.
 */
import type { BitstreamInformation } from '@joh/protocol';
import { crc32Xilinx } from './checksums.ts';
import { bigEndian, type Cursor, find, hex, plainText, take, unreadable } from './cursor.ts';
import { xilinx7Devices } from './devices.ts';

const headerStart = [0x00, 0x09, 0x0f, 0xf0, 0x0f, 0xf0] as const;
/** The bus width pattern or padding comes first, then this word. */
const synchronisation = [0xaa, 0x99, 0x55, 0x66] as const;
const synchronisationOffsetMax = 4096;

/** Registers and commands that matter here (UG470 tables 5-23 and 5-25). */
const register = { crc: 0, fdri: 2, command: 4, mfwr: 10, idcode: 12 } as const;
const registersMax = 31;
const command = { multipleFrameWrite: 2, resetCrc: 7, desynchronise: 13 } as const;

/** Bits 27 to 21 of every IDCODE of the series (UG470 table "IDCODE"). */
const familyBits = 0x1b;

interface Header {
  design: string | null;
  part: string | null;
  date: string | null;
}

interface Stream extends Cursor {
  crc: number;
  crcState: BitstreamInformation['crc'];
  idcode: number | null;
  frameWords: number;
  compressed: boolean;
  lastRegister: number;
  isDone: boolean;
}

/** Where the header or the synchronisation word starts; null when the bytes are neither. */
export function findXilinx7(bytes: Uint8Array): number | null {
  if (find(bytes, headerStart, 0, 0) === 0) return 0;
  return find(bytes, synchronisation, 0, synchronisationOffsetMax);
}

/**
 * Follows every packet and its checksum up to the desynchronise command.
 * @throws Fault `E_BITSTREAM_UNREADABLE` with the reason and the offset.
 */
export function readXilinx7(bytes: Uint8Array): BitstreamInformation {
  const cursor: Cursor = { bytes, offset: 0 };
  const header = find(bytes, headerStart, 0, 0) === 0 ? readHeader(cursor) : null;
  if (header?.part && !/^(xc)?7/i.test(header.part))
    throw unreadable(`it is for the Xilinx ${header.part}, which is not of the 7 series`);
  const from = cursor.offset;
  const start = find(bytes, synchronisation, from, from + synchronisationOffsetMax);
  if (start === null) throw unreadable(`the word AA 99 55 66 is missing${forPart(header)}`);
  const stream: Stream = {
    bytes,
    offset: start + synchronisation.length,
    crc: 0,
    crcState: 'absent',
    idcode: null,
    frameWords: 0,
    compressed: false,
    lastRegister: 0,
    isDone: false,
  };
  while (!stream.isDone) packet(stream, forPart(header));
  if (stream.frameWords === 0) throw unreadable('it configures nothing');
  const { idcode } = stream;
  if (idcode !== null && ((idcode >>> 21) & 0x7f) !== familyBits)
    throw unreadable(`its IDCODE ${hex(idcode, 8)} is not of the Xilinx 7 series`);
  return {
    path: null,
    format: header ? 'Xilinx 7 bitstream' : 'Xilinx 7 binary image',
    family: 'xilinx7',
    device:
      xilinx7Devices.find((row) => idcode !== null && row.idcode === (idcode & 0x0fffffff))?.id ??
      null,
    package:
      /^7?x?c?7?[a-z]+\d+t?i?l?((?:cp|cs|ft|fg|sb|fb|ff|rb|rf|cl)[a-z]*\d+)/.exec(
        header?.part ?? '',
      )?.[1] ?? null,
    sizeBytes: bytes.length,
    comment: [header?.design, header?.part].filter(Boolean).join('\n') || null,
    crc: stream.crcState,
    date: header?.date ?? null,
    compressed: stream.compressed,
  };
}

const forPart = (header: Header | null) => (header?.part ? ` (it is for ${header.part})` : '');

/** Fields a to d have 16 bits of length, e 32: the stream's. */
function readHeader(cursor: Cursor): Header {
  take(cursor, bigEndian(take(cursor, 2)));
  take(cursor, 2);
  const fields = new Map<string, string>();
  for (;;) {
    const [letter = 0] = take(cursor, 1);
    const key = String.fromCharCode(letter);
    if (key === 'e') break;
    if (!'abcd'.includes(key)) throw unreadable(`unknown header field ${hex(letter)}`);
    fields.set(key, plainText(take(cursor, bigEndian(take(cursor, 2)))) ?? '');
  }
  const length = bigEndian(take(cursor, 4));
  const left = cursor.bytes.length - cursor.offset;
  if (length > left)
    throw unreadable(`its header promises ${length} bytes, of which ${left} are there`);
  const date = [fields.get('c'), fields.get('d')].filter(Boolean).join(' ');
  return { design: fields.get('a') || null, part: fields.get('b') || null, date: date || null };
}

/** Type 1 names a register and up to 2047 words; type 2 goes on with the same one. */
function packet(stream: Stream, part: string): void {
  const at = stream.offset;
  const word = bigEndian(take(stream, 4));
  const type = word >>> 29;
  const operation = (word >>> 27) & 3;
  if (type !== 1 && type !== 2) {
    if (word === 0 || word === 0xffffffff) return;
    throw unreadable(`no packet starts at byte ${at}${part}`);
  }
  if (type === 1) stream.lastRegister = (word >>> 13) & 0x3fff;
  const words = type === 1 ? word & 0x7ff : word & 0x7ffffff;
  if (stream.lastRegister > registersMax)
    throw unreadable(`there is no register ${stream.lastRegister}, at byte ${at}${part}`);
  if (operation !== 2) {
    if (operation === 1 && words > 0) throw unreadable(`it reads a register back, at byte ${at}`);
    return;
  }
  if (words * 4 > stream.bytes.length - stream.offset)
    throw unreadable(`it ends at byte ${stream.bytes.length}, in the middle of a packet`);
  for (let index = 0; index < words && !stream.isDone; index++)
    write(stream, bigEndian(take(stream, 4)));
}

function write(stream: Stream, word: number): void {
  const target = stream.lastRegister;
  if (target === register.crc) {
    if (word !== stream.crc) stream.crcState = 'invalid';
    else if (stream.crcState === 'absent') stream.crcState = 'valid';
    stream.crc = 0;
    return;
  }
  stream.crc = crc32Xilinx(stream.crc, target, word);
  if (target === register.fdri) stream.frameWords += 1;
  if (target === register.idcode) stream.idcode = word;
  if (target !== register.command) return;
  if (word === command.resetCrc) stream.crc = 0;
  if (word === command.multipleFrameWrite) stream.compressed = true;
  if (word === command.desynchronise) stream.isDone = true;
}
