import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeNix32, encodeNix32, parseSha256 } from './nix-hash.ts';

/** From `nix hash to-base32 --type sha256` over the SHA-256 of "hello". */
const hello = {
  hex: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
  nix32: '094qif9n4cq4fdg459qzbhg1c6wywawwaaivx0k0x8xhbyx4vwic',
  base64: 'LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=',
};

it('writes a hash as Nix does', () => {
  expect(encodeNix32(createHash('sha256').update('hello').digest())).toBe(hello.nix32);
});

it('reads every spelling of a SHA-256', () => {
  for (const text of [`sha256:${hello.nix32}`, `sha256:${hello.hex}`, `sha256-${hello.base64}`])
    expect(parseSha256(text)).toBe(hello.nix32);
});

it.each([
  '',
  hello.nix32,
  `md5:${hello.nix32}`,
  `sha256:${hello.nix32.slice(1)}`,
  `sha256:${hello.nix32.replace('0', 'e')}`,
  // 52 characters are 260 bits: the four above 256 must be zero.
  `sha256:z${hello.nix32.slice(1)}`,
  `sha256:${hello.hex}0`,
])('refuses %j', (text) => expect(parseSha256(text)).toBeNull());

it('comes back from base 32 as it went', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      expect(decodeNix32(encodeNix32(bytes), bytes.length)).toEqual(bytes);
    }),
  );
});
