/** The formats beside iCE40's binary one. Xilinx images and DFU suffixes are made by hand here. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { dfuSuffix, readBitstream } from '@joh/bitstream';
import { expect, test } from 'vitest';
import { crc16Arc, crc16Buypass, crc32Dfu, crc32Xilinx } from './checksums.ts';

const fixture = (name: string) =>
  new Uint8Array(gunzipSync(readFileSync(new URL(`../fixtures/${name}.gz`, import.meta.url))));
const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

test('the checksums have their published check values', () => {
  const digits = ascii('123456789');
  expect(digits.reduce(crc16Buypass, 0)).toBe(0xfee8);
  expect(digits.reduce(crc16Arc, 0)).toBe(0xbb3d);
  expect((crc32Dfu(digits) ^ 0xffffffff) >>> 0).toBe(0xcbf43926);
});

test.each([
  ['lp384-blinky.asc', 'iCE40 text image', 'ice40', 'lp384', null, undefined, 'absent'],
  ['ecp5-25k-memory.bit', 'ECP5 bitstream', 'ecp5', '25k', 'CABGA256', true, 'valid'],
  ['ecp5-85k-blinky.bit', 'ECP5 bitstream', 'ecp5', '85k', 'CABGA381', false, 'valid'],
  ['ecp5-um5g-85k-blinky.bit', 'ECP5 bitstream', 'ecp5', 'um5g-85k', 'CABGA381', true, 'valid'],
  ['ecp5-25k-blinky.svf', 'ECP5 bitstream in SVF', 'ecp5', '25k', 'CABGA256', true, 'valid'],
  ['gw1nz-1-blinky.fs', 'Gowin bitstream', 'gowin', 'gw1nz-1', null, false, 'valid'],
  ['gw1n-9c-blinky.fs', 'Gowin bitstream', 'gowin', 'gw1n-9c', null, true, 'valid'],
] as const)('%s', (name, format, family, device, pack, compressed, crc) => {
  const bytes = fixture(name);
  expect(readBitstream(bytes)).toMatchObject({
    ...{ format, family, device, crc, sizeBytes: bytes.length },
    package: pack,
    ...(compressed === undefined ? {} : { compressed }),
  });
});

test.each([
  ['ecp5-85k-blinky.bit', 1_000_000, 'invalid'],
  ['ecp5-25k-memory.bit', 98_000, 'invalid'],
])('%s with a flipped bit in its data', (name, at, crc) => {
  const bytes = fixture(name);
  bytes[at]! ^= 0x10;
  // A flipped bit of packed data may also move the end of its frame: then it is unreadable.
  expect(outcome(bytes)).toMatch(new RegExp(`^(${crc}|unreadable)$`));
});

test.each(['gw1nz-1-blinky.fs', 'ecp5-25k-blinky.svf'])(
  '%s with a changed character in its data',
  (name) => {
    const bytes = fixture(name);
    const at = bytes.lastIndexOf('1'.charCodeAt(0), Math.floor(bytes.length * 0.6));
    for (const character of '02x') {
      bytes[at] = character.charCodeAt(0);
      expect(outcome(bytes)).toMatch(/^(invalid|unreadable)$/);
    }
  },
);

test('an .asc with a row that is too short, or not bits', () => {
  const whole = new TextDecoder().decode(fixture('lp384-blinky.asc'));
  for (const row of ['0101', '01x10101010101010'])
    expect(() => readBitstream(ascii(whole.replace(/^[01]+\n\n/m, `${row}\n\n`)))).toThrow(
      /line \d+/,
    );
});

test.each(['ecp5-85k-blinky.bit', 'gw1nz-1-blinky.fs', 'ecp5-25k-blinky.svf'])(
  '%s cut off is unreadable',
  (name) => {
    const bytes = fixture(name);
    for (const part of [0.001, 0.3, 0.99])
      expect(outcome(bytes.subarray(0, Math.floor(bytes.length * part)))).toBe('unreadable');
  },
);

test('an SVF that asks for another device than its bitstream is refused', () => {
  const text = new TextDecoder().decode(fixture('ecp5-25k-blinky.svf'));
  expect(() => readBitstream(ascii(text.replace('41111043', '41113043')))).toThrow(
    /asks for an ECP5 LFE5U-85F/,
  );
});

test('Xilinx 7: the header, the IDCODE, packing, the CRC of UG470', () => {
  const words = xilinxWords();
  const bytes = new Uint8Array([...xilinxHeader('7a35tcsg324', words.length * 4), ...flat(words)]);
  const expected = {
    ...{ family: 'xilinx7', device: 'xc7a35t', crc: 'valid', compressed: true },
    sizeBytes: bytes.length,
  };
  expect(readBitstream(bytes)).toMatchObject({
    ...expected,
    format: 'Xilinx 7 bitstream',
    package: 'csg324',
    date: '2026/11/24 12:00:00',
    comment: 'top;Version=2022.1\n7a35tcsg324',
  });
  const bin = Uint8Array.from(flat(words));
  expect(readBitstream(bin)).toMatchObject({
    ...{ ...expected, sizeBytes: bin.length },
    ...{ format: 'Xilinx 7 binary image', package: null, date: null },
  });
  bin[words.indexOf(0x12345678) * 4]! ^= 1;
  expect(readBitstream(bin).crc).toBe('invalid');
  expect(outcome(bin.subarray(0, bin.length - 4))).toBe('unreadable');
});

test('Xilinx: other series are named, not guessed at', () => {
  const words = xilinxWords(0x04b31093);
  expect(() => readBitstream(Uint8Array.from(flat(words)))).toThrow(/not of the Xilinx 7 series/);
  const spartan = new Uint8Array([...xilinxHeader('6slx9tqg144', 4), ...flat([0xaa995566])]);
  expect(() => readBitstream(spartan)).toThrow(/6slx9tqg144/);
  const short = new Uint8Array([...xilinxHeader('7a35tcsg324', 400), ...flat([0xaa995566])]);
  expect(() => readBitstream(short)).toThrow(/promises 400 bytes, of which 4/);
});

test('a DFU suffix: the ids, its CRC, and what is inside', () => {
  const inside = readFileSync(new URL('../fixtures/lp384-blinky.bin', import.meta.url));
  const file = withSuffix(inside, 0x1209, 0x5bf0);
  expect(dfuSuffix(file)).toEqual({
    ...{ vendorId: 0x1209, productId: 0x5bf0, deviceVersion: 0xffff, length: 16, crc: 'valid' },
  });
  expect(readBitstream(file)).toMatchObject({
    ...{ family: 'ice40', device: 'lp384', crc: 'valid', sizeBytes: inside.length + 16 },
    dfu: { vendorId: 0x1209, productId: 0x5bf0 },
  });
  file[file.length - 1]! ^= 1;
  expect(readBitstream(file).crc).toBe('invalid');
  expect(dfuSuffix(inside)).toBeNull();
  expect(() => readBitstream(withSuffix(ascii('firmware'), 1, 2))).toThrow(/no bitstream format/);
});

function outcome(bytes: Uint8Array): string {
  try {
    return readBitstream(bytes).crc;
  } catch (error) {
    return (error as { code?: string }).code === 'E_BITSTREAM_UNREADABLE' ? 'unreadable' : 'crash';
  }
}

/** Type 1 writes of one word each: RCRC, IDCODE, MFW, frame data, CRC, DESYNC. */
function xilinxWords(idcode = 0x0362d093): number[] {
  const writes: [register: number, ...words: number[]][] = [
    [12, idcode],
    [4, 2],
    [2, 0x12345678, 0x9abcdef0],
  ];
  let crc = 0;
  const words = [0xffffffff, 0x000000bb, 0x11220044, 0xffffffff, 0xaa995566, 0x20000000];
  words.push(0x30008001, 7);
  for (const [register, ...data] of writes) {
    words.push((0x30000000 | (register << 13) | data.length) >>> 0, ...data);
    for (const word of data) crc = crc32Xilinx(crc, register, word);
  }
  words.push(0x30000001, crc, 0x30008001, 13);
  return words;
}

const flat = (words: readonly number[]) =>
  words.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff));

function xilinxHeader(part: string, length: number): number[] {
  const field = (letter: string, text: string) => [
    ...[letter.charCodeAt(0), 0, text.length + 1, ...ascii(text), 0],
  ];
  return [
    ...[0, 9, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0x0f, 0xf0, 0, 0, 1],
    ...field('a', 'top;Version=2022.1'),
    ...field('b', part),
    ...field('c', '2026/11/24'),
    ...field('d', '12:00:00'),
    ...[0x65, ...flat([length])],
  ];
}

function withSuffix(inside: Uint8Array, vendorId: number, productId: number): Uint8Array {
  const word = (value: number) => [value & 0xff, value >> 8];
  const file = new Uint8Array(inside.length + 16);
  file.set(inside);
  file.set(
    [...word(0xffff), ...word(productId), ...word(vendorId), 0, 1, 0x55, 0x46, 0x44, 16],
    inside.length,
  );
  new DataView(file.buffer).setUint32(
    file.length - 4,
    crc32Dfu(file.subarray(0, file.length - 4)),
    true,
  );
  return file;
}
