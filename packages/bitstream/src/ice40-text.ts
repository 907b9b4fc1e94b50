/** Reads the text form of iCE40 images (Project IceStorm, "IceStorm ASCII Format"). */
import type { BitstreamInformation } from '@joh/protocol';
import { unreadable } from './cursor.ts';
import { lines } from './lines.ts';

/** `.device` of the format, and the ids of `ice40Devices`. */
const devices: Readonly<Record<string, string>> = {
  '384': 'lp384',
  '1k': 'hx1k',
  '8k': 'hx8k',
  '5k': 'up5k',
  u4k: 'u4k',
  lm4k: 'lm4k',
};
const commentCharactersMax = 1024;

/** Reports whether the text starts as `icepack`'s input does. */
export const isIce40Text = (head: string) => /^\s*\.(comment|device)\b/.test(head);

/**
 * Reads every section; a tile's rows must be bits, all as long as the first.
 * @throws Fault `E_BITSTREAM_UNREADABLE` with the reason and the line.
 */
export function readIce40Text(bytes: Uint8Array): BitstreamInformation {
  let section = '';
  let device: string | null = null;
  let comment = '';
  let tiles = 0;
  let rowLength = 0;
  let number = 0;
  for (const line of lines(bytes)) {
    number += 1;
    if (line.startsWith('.')) {
      [section = ''] = line.split(/\s/);
      rowLength = 0;
      if (section === '.device') device = line.slice('.device'.length).trim();
      if (section.endsWith('_tile')) tiles += 1;
    } else if (section === '.comment') {
      if (comment.length < commentCharactersMax) comment += `${line}\n`;
    } else if (section.endsWith('_tile') && line !== '') {
      if (!/^[01]+$/.test(line)) throw unreadable(`line ${number} is not bits`);
      if (rowLength !== 0 && line.length !== rowLength)
        throw unreadable(`line ${number} has ${line.length} bits, the rows before ${rowLength}`);
      rowLength = line.length;
    }
  }
  if (device === null) throw unreadable('it has no .device line');
  if (tiles === 0) throw unreadable('it configures nothing');
  return {
    path: null,
    format: 'iCE40 text image',
    family: 'ice40',
    device: devices[device.toLowerCase()] ?? null,
    package: null,
    sizeBytes: bytes.length,
    comment: comment.trim() || null,
    crc: 'absent',
  };
}
