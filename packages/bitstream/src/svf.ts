/**
 * Reads SVF (Serial Vector Format, revision E) as ECP5 tools write it: the IDCODE that is asked for
 * and the bitstream that is shifted after LSC_BITSTREAM_BURST. Nothing of it is executed.
 */
import { type BitstreamInformation, joinBytes } from '@joh/protocol';
import { unreadable } from './cursor.ts';
import { ecp5Devices } from './devices.ts';
import { findEcp5, readEcp5 } from './ecp5.ts';
import { lines } from './lines.ts';

/** JTAG instructions of ECP5 (Lattice FPGA-TN-02039, table "JTAG instructions"). */
const readId = 0xe0;
const burst = 0x7a;
/** A statement is at most a row of a few thousand bits; ecppack writes 8000. */
const statementCharactersMax = 1_000_000;

const reversed = Uint8Array.from({ length: 256 }, (_, byte) => {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) out |= 0x80 >> bit;
  return out;
});

/** Reports whether the text is SVF, by its statements. */
export const isSvf = (head: string) =>
  /^\s*(?:(?:!|\/\/)[^\n]*\n\s*)*(?:HDR|HIR|TDR|TIR|ENDDR|ENDIR|STATE|FREQUENCY|TRST|SIR|SDR)\b/i.test(
    head,
  );

/**
 * Reads the image inside.
 * @throws Fault `E_BITSTREAM_UNREADABLE`, also when it programs something that is not known here.
 */
export function readSvf(bytes: Uint8Array): BitstreamInformation {
  let instruction = -1;
  let idcode: number | null = null;
  const parts: Uint8Array[] = [];
  for (const statement of statements(bytes)) {
    const [word = '', length = ''] = statement.split(/\s+/, 2);
    const name = word.toUpperCase();
    const value = (key: string) =>
      new RegExp(`\\b${key}\\s*\\(([0-9A-Fa-f\\s]*)\\)`, 'i')
        .exec(statement)?.[1]
        ?.replace(/\s/g, '');
    if (name === 'SIR') instruction = Number.parseInt(value('TDI') ?? '', 16);
    if (name !== 'SDR') continue;
    if (instruction === readId) idcode = Number.parseInt(value('TDO') ?? '', 16);
    if (instruction === burst) parts.push(shifted(value('TDI') ?? '', Number(length)));
  }
  const device = ecp5Devices.find((row) => row.idcode === idcode);
  if (parts.length === 0)
    throw unreadable(
      device
        ? `it is an SVF for an ${device.title} that loads no bitstream`
        : 'it is an SVF, but of no family that is known here',
    );
  const image = joinBytes(parts);
  if (findEcp5(image) === null) throw unreadable('the bitstream in the SVF is not one of an ECP5');
  const inside = readEcp5(image);
  if (device && inside.device !== device.id)
    throw unreadable(
      `the SVF asks for an ${device.title}, the bitstream in it is for another device`,
    );
  return { ...inside, format: 'ECP5 bitstream in SVF', sizeBytes: bytes.length };
}

/** Statements without comments; each ends with a semicolon. */
function* statements(bytes: Uint8Array): Generator<string> {
  let text = '';
  for (const line of lines(bytes)) {
    text += ` ${line.replace(/(?:!|\/\/).*$/, '')}`;
    if (text.length > statementCharactersMax) throw unreadable('a statement of the SVF has no end');
    if (!text.includes(';')) continue;
    const all = text.split(';');
    text = all.pop() ?? '';
    for (const statement of all) if (statement.trim() !== '') yield statement.trim();
  }
}

/** Hex digits shift out from the right, the least significant bit first: back to file order. */
function shifted(digits: string, bits: number): Uint8Array {
  if (bits % 8 !== 0 || digits.length * 4 !== bits)
    throw unreadable(`an SDR statement of ${bits} bits has ${digits.length} digits`);
  const count = bits / 8;
  return Uint8Array.from({ length: count }, (_, index) => {
    const at = (count - 1 - index) * 2;
    return reversed[Number.parseInt(digits.slice(at, at + 2), 16)] ?? 0;
  });
}
