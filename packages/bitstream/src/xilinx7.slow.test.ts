/** Bitstreams that Vivado made: the SPI bridges in Debian's `openfpgaloader` package. */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readBitstream } from '@joh/bitstream';
import { expect, test } from 'vitest';

const folder = '/usr/share/openFPGALoader';
const names = readdirSync(folder).filter((name) => /_xc7.*\.bit\.gz$/.test(name));

test('there are some (Debian package openfpgaloader)', () => {
  expect(names.length).toBeGreaterThan(10);
});

test.each(names)('%s', (name) => {
  const [, part = '', pack = ''] = /_(xc7[a-z]+\d+t?)([a-z]+\d+)\.bit/.exec(name) ?? [];
  const read = readBitstream(new Uint8Array(gunzipSync(readFileSync(`${folder}/${name}`))));
  expect(read).toMatchObject({ family: 'xilinx7', device: part, package: pack, crc: 'valid' });
  expect(read.date).toMatch(/^20\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d$/);
});
