import { readFileSync } from 'node:fs';
import { crc16, crc16Start, deviceTitle, readBitstream } from '@joh/bitstream';
import { isFault } from '@joh/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/${name}.bin`, import.meta.url)));

test('the checksum is CRC-16/CCITT-FALSE (its published check value)', () => {
  expect(crc16(crc16Start, new TextEncoder().encode('123456789'))).toBe(0x29b1);
});

test.each([
  ['lp384-blinky', 'lp384', 7334],
  ['hx1k-blinky', 'hx1k', 32220],
  ['u4k-blinky', 'u4k', 71260],
  ['up5k-memory', 'up5k', 104090],
  ['hx8k-memory', 'hx8k', 135100],
])('%s is for %s', (name, device, sizeBytes) => {
  expect(readBitstream(fixture(name))).toEqual({
    path: null,
    format: 'iCE40 binary image',
    family: 'ice40',
    device,
    package: null,
    sizeBytes,
    comment: null,
    crc: 'valid',
  });
});

test('the comment header is read, also when its end has slipped', () => {
  const image = fixture('lp384-blinky').subarray(4);
  const lines = new TextEncoder().encode('Lattice\0iCEcube2 2020.12\0Part: iCE40LP384-QN32\0');
  const bytes = new Uint8Array([0xff, 0, ...lines, 0, 0xff, ...image]);
  expect(readBitstream(bytes).comment).toBe('Lattice\niCEcube2 2020.12\nPart: iCE40LP384-QN32');
  const slipped = new Uint8Array([0xff, 0, ...lines.subarray(0, 20), 0, 0xff, ...lines, ...image]);
  expect(readBitstream(slipped)).toMatchObject({ device: 'lp384', crc: 'valid' });
});

test('a boot image made of a jump is read at the image it names', () => {
  const image = fixture('lp384-blinky');
  const bytes = new Uint8Array(256 + image.length).fill(0xff);
  bytes.set([0x7e, 0xaa, 0x99, 0x7e, 0x92, 0, 0, 0x44, 3, 0, 1, 0, 0x82, 0, 0, 1, 8]);
  bytes.set(image, 256);
  // The address has the first payload byte 03: the flash's read command.
  expect(() => readBitstream(bytes)).toThrow(/no image at the boot address/);
  bytes.set([0x44, 0, 0, 1, 0], 7);
  expect(readBitstream(bytes)).toMatchObject({ device: 'lp384', crc: 'valid' });
});

test('any flipped bit of the data is a wrong checksum; elsewhere it is that or unreadable', () => {
  const bytes = fixture('lp384-blinky');
  fc.assert(
    fc.property(fc.integer({ min: 32, max: 7000 }), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const damaged = bytes.slice();
      damaged[at]! ^= 1 << bit;
      expect(outcome(damaged)).not.toBe('valid');
    }),
    { numRuns: 500 },
  );
});

test('every cut-off file is unreadable and says where it ends', () => {
  const bytes = fixture('lp384-blinky');
  fc.assert(
    fc.property(fc.integer({ min: 8, max: bytes.length - 3 }), (length) => {
      expect(() => readBitstream(bytes.subarray(0, length))).toThrow(/ends at byte \d+|nothing/);
    }),
  );
});

test('whatever the bytes: information or E_BITSTREAM_UNREADABLE', () => {
  const commands = fc.array(
    fc.oneof(
      fc.constantFrom(
        [1, 1],
        [1, 3],
        [0x62, 0, 7],
        [0x72, 0, 8],
        [0x82, 255, 255],
        [1, 5],
        [1, 6],
        [1, 8],
        [0x44, 0, 0, 0, 0],
        [0x22, 0, 0],
      ),
      fc.array(fc.nat(255), { maxLength: 12 }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(commands, (parts) => {
      outcome(new Uint8Array([0x7e, 0xaa, 0x99, 0x7e, ...parts.flat()]));
      outcome(new Uint8Array(parts.flat()));
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ['', /empty/],
  ['.comment icestorm\n.device 5k\n', /configures nothing/],
  ['\xff\0Part: LFE5U-25F-6CABGA256\0', /ECP5/],
  ['\xff\xff\xff\xff\xbf\xb3', /encrypted/],
  ['\0\x09\x0f\xf0\x0f\xf0', /ends at byte 6/],
  ['\x1f\x8b', /gzip/],
  ['\x7fELF', /ELF/],
  ['{"creator": "Yosys"}', /JSON/],
  ['hello', /no bitstream format/],
])('%j is refused with a reason', (text, reason) => {
  expect(() => readBitstream(Uint8Array.from(text, (c) => c.charCodeAt(0)))).toThrow(reason);
});

test('devices have words', () => {
  expect(deviceTitle('ice40', 'up5k')).toBe('iCE40 UP5K');
  expect(deviceTitle('ice40', null)).toBe('an unknown ice40 device');
  expect(deviceTitle('ecp5', '25k')).toBe('ECP5 LFE5U-25F');
  expect(deviceTitle('ecp5', '99k')).toBe('ecp5 99k');
});

function outcome(bytes: Uint8Array): string {
  try {
    return readBitstream(bytes).crc;
  } catch (error) {
    if (!isFault(error, 'E_BITSTREAM_UNREADABLE')) throw error;
    return 'unreadable';
  }
}
