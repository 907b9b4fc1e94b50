import { constants, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createZstdFrame } from './zstd-frame.ts';

const read = (bytes: Buffer, size: number) => {
  const frame = createZstdFrame();
  for (let at = 0; at < bytes.length; at += size) {
    const problem = frame.write(bytes.subarray(at, at + size));
    if (problem !== null) return problem;
  }
  return null;
};
const pack = (bytes: Uint8Array, checksum = 0) =>
  zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: checksum } });

it('follows every frame to its last byte, in whatever pieces', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 5000 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 0, max: 1 }),
      (bytes, size, checksum) => {
        const packed = pack(bytes, checksum);
        expect(read(packed, size)).toBeNull();
        expect(read(Buffer.concat([packed, Buffer.of(0)]), size)).toBe('something follows its end');
      },
    ),
  );
  const large = pack(Buffer.alloc(2 ** 20, 'abcdefghijklmnop').fill(0, 0, 300_000), 1);
  expect(read(large, 1000)).toBeNull();
  expect(read(Buffer.concat([large, large]), 1000)).toBe('something follows its end');
});

it('knows what is no frame', () => {
  expect(read(Buffer.from('PK\x03\x04'), 10)).toBe('it is no zstd frame');
});
