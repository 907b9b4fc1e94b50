import type { BitstreamInformation } from '@joh/protocol';
import { unreadable } from './cursor.ts';
import { dfuSuffix } from './dfu-suffix.ts';
import { findEcp5, readEcp5 } from './ecp5.ts';
import { isGowin, readGowin } from './gowin.ts';
import { findIce40, readIce40 } from './ice40.ts';
import { isIce40Text, readIce40Text } from './ice40-text.ts';
import { headText, looksLikeText } from './lines.ts';
import { isSvf, readSvf } from './svf.ts';
import { findXilinx7, readXilinx7 } from './xilinx7.ts';

type Read = (bytes: Uint8Array) => BitstreamInformation;

/** Binary formats: where each would start. A family is added by one row. */
const binaryReaders: readonly { find(bytes: Uint8Array): number | null; read: Read }[] = [
  { find: findXilinx7, read: readXilinx7 },
  { find: findEcp5, read: readEcp5 },
  { find: findIce40, read: readIce40 },
];

/** Text formats, told apart by how the text starts. */
const textReaders: readonly { matches(head: string): boolean; read: Read }[] = [
  { matches: isIce40Text, read: readIce40Text },
  { matches: isGowin, read: readGowin },
  { matches: isSvf, read: readSvf },
];

/** The largest file that is read: four times the biggest FPGA's image would still fit. */
export const bitstreamBytesMax = 64 * 1024 * 1024;

/** Files that people take for one, with the words that help; looked for in the first 512 bytes. */
const lookalikes: readonly { signature: string; anywhere?: boolean; reason: string }[] = [
  { signature: '{', reason: 'it is JSON, for example a netlist before place and route' },
  {
    signature: 'Part: LFE5',
    anywhere: true,
    reason: 'it has the comments of a Lattice ECP5 image, but not its preamble',
  },
  { signature: '\x7fELF', reason: 'it is a program (ELF), not a bitstream' },
  {
    signature: '\x1f\x8b',
    reason: 'it is compressed with gzip; unpack it',
  },
];

/**
 * Says what a bitstream is, from its bytes alone; a name or an extension is never asked. A wrong
 * checksum is reported (`crc: 'invalid'`), not thrown: the structure is still known.
 * @throws Fault `E_BITSTREAM_UNREADABLE` with the reason; nothing else, whatever the bytes.
 */
export function readBitstream(bytes: Uint8Array): BitstreamInformation {
  if (bytes.length === 0) throw unreadable('the file is empty');
  if (bytes.length > bitstreamBytesMax)
    throw unreadable(`it has more than ${bitstreamBytesMax} bytes`);
  const suffix = dfuSuffix(bytes);
  if (!suffix) return readPlain(bytes);
  const inside = readPlain(bytes.subarray(0, bytes.length - suffix.length));
  const { vendorId, productId } = suffix;
  return {
    ...inside,
    sizeBytes: bytes.length,
    crc: suffix.crc === 'invalid' ? 'invalid' : inside.crc,
    dfu: { vendorId, productId },
  };
}

function readPlain(bytes: Uint8Array): BitstreamInformation {
  const read = looksLikeText(bytes) ? textReader(bytes) : binaryReader(bytes);
  if (read) return read(bytes);
  const head = headText(bytes);
  const known = lookalikes.find(({ signature, anywhere }) =>
    anywhere ? head.includes(signature) : head.trimStart().startsWith(signature),
  );
  throw unreadable(known?.reason ?? 'it starts like no bitstream format that is known here');
}

function textReader(bytes: Uint8Array): Read | undefined {
  const head = headText(bytes, 2048);
  return textReaders.find((row) => row.matches(head))?.read;
}

/** The format that starts first: the data of one may hold the preamble of another. */
function binaryReader(bytes: Uint8Array): Read | undefined {
  let first: { at: number; read: Read } | undefined;
  for (const { find, read } of binaryReaders) {
    const at = find(bytes);
    if (at !== null && (!first || at < first.at)) first = { at, read };
  }
  return first?.read;
}
