import { type BitstreamInformation, fault } from '@joh/protocol';
import { isIce40, readIce40 } from './ice40.ts';

/** A format that can be read. A family is added by one row of `readers`. */
interface Reader {
  matches(bytes: Uint8Array): boolean;
  read(bytes: Uint8Array): BitstreamInformation;
}

const readers: readonly Reader[] = [{ matches: isIce40, read: readIce40 }];

/** The largest file that is read: four times the biggest FPGA's image would still fit. */
export const bitstreamBytesMax = 64 * 1024 * 1024;

const ecp5 = 'it is a Lattice ECP5 image, which is not known yet';
const xilinx = 'it is a Xilinx image, which is not known yet';
/** Files that people take for one, with the words that help; looked for in the first 512 bytes. */
const lookalikes: readonly { signature: string; anywhere?: boolean; reason: string }[] = [
  {
    signature: '.comment',
    reason: 'it is the text form (.asc) of an iCE40 image; pack it with icepack',
  },
  {
    signature: '.device',
    reason: 'it is the text form (.asc) of an iCE40 image; pack it with icepack',
  },
  { signature: '{', reason: 'it is JSON, for example a netlist before place and route' },
  { signature: 'Part: LFE5', anywhere: true, reason: ecp5 },
  { signature: '\xff\xff\xbd\xb3', anywhere: true, reason: ecp5 },
  { signature: '\x00\x09\x0f\xf0', reason: xilinx },
  { signature: '\xaa\x99\x55\x66', anywhere: true, reason: xilinx },
  { signature: '\x7fELF', reason: 'it is a program (ELF), not a bitstream' },
];

/**
 * Says what a bitstream is, from its bytes alone; a name or an extension is never asked. A wrong
 * checksum is reported (`crc: 'invalid'`), not thrown: the structure is still known.
 * @throws Fault `E_BITSTREAM_UNREADABLE` with the reason; nothing else, whatever the bytes.
 */
export function readBitstream(bytes: Uint8Array): BitstreamInformation {
  if (bytes.length === 0) throw fault('E_BITSTREAM_UNREADABLE', { reason: 'the file is empty' });
  if (bytes.length > bitstreamBytesMax)
    throw fault('E_BITSTREAM_UNREADABLE', {
      reason: `it has more than ${bitstreamBytesMax} bytes`,
    });
  const reader = readers.find((row) => row.matches(bytes));
  if (reader) return reader.read(bytes);
  let head = '';
  for (const byte of bytes.subarray(0, 512)) head += String.fromCharCode(byte);
  const known = lookalikes.find(({ signature, anywhere }) =>
    anywhere ? head.includes(signature) : head.trimStart().startsWith(signature),
  );
  throw fault('E_BITSTREAM_UNREADABLE', {
    reason: known?.reason ?? 'it starts like no bitstream format that is known here',
  });
}
