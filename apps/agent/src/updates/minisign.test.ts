import { createHash } from 'node:crypto';
import { fakeKey } from '@joh/testkit';
import { describe, expect, it } from 'vitest';
import {
  isCommentSigned,
  isFileSigned,
  readPublicKey,
  readSignature,
  signedName,
} from './minisign.ts';

// Made by minisign 0.11: `minisign -G -W`, `minisign -S`, and `minisign -S -l` for the old kind.
const line = 'RWTwm/TK7SgVbDabz9wBEercYSV0MHjIMd1AFR9XeA9pY4wBRCNUxCwx';
const bytes = 'a package\n';
const real = `untrusted comment: signature from minisign secret key
RUTwm/TK7SgVbOHUOhpUvqNiJQbtaYBm7IaF5vYHDi5hUZS6/Gyx5NYBEV9ooNGUL1ojd4Z4Yp6Ni/krYKShIeH5JUgI2RryFgE=
trusted comment: timestamp:1795580964\tfile:joy-of-hardware_0.2.0_amd64.deb\thashed
NH0tZkaT6ZrJBM9ZXTC/ZJS4DEh0fae3LPryjh2OsAfl5vG6OedetQWHkYYsVKMV9vLMWMFfEZkatMmGB8HGBw==
`;
const old = `untrusted comment: signature from minisign secret key
RWTwm/TK7SgVbKHwatK1mVLr4pOfZjpECQmzyUKECAGxS2RLmX3cpXPEOBHfm6c3skvpWQXxYrknosLcj8C8JEu+dDnJSvPfygA=
trusted comment: timestamp:1795580976\tfile:joy-of-hardware_0.2.0_amd64.deb
y8v+aQQmkWnNCJbqS3bs4+eLCRIe8JUwwrNLySJH688gLFyZrOsYv+azbF5xqWrpEoisYJMTrZQLOJDojC//DA==
`;
const digest = (text: string) => createHash('blake2b512').update(text).digest();

describe('a signature of minisign', () => {
  it('is for this file and this name', () => {
    const key = readPublicKey(line)!;
    const signature = readSignature(real)!;
    expect(isCommentSigned(signature, key)).toBe(true);
    expect(isFileSigned(signature, key, digest(bytes))).toBe(true);
    expect(signedName(signature)).toBe('joy-of-hardware_0.2.0_amd64.deb');
  });

  it('is for no other file, name or key', () => {
    const key = readPublicKey(line)!;
    const other = readPublicKey(fakeKey().line)!;
    const signature = readSignature(real)!;
    expect(isFileSigned(signature, key, digest('another package\n'))).toBe(false);
    expect(isFileSigned(signature, other, digest(bytes))).toBe(false);
    expect(isCommentSigned(signature, other)).toBe(false);
    // Even under the id of the key that is believed.
    expect(isCommentSigned(signature, { ...other, id: key.id })).toBe(false);
    const renamed = readSignature(real.replace('0.2.0', '9.9.9'))!;
    expect(isCommentSigned(renamed, key)).toBe(false);
  });

  it('is one by its form', () => {
    expect(readSignature(old)).toBeNull();
    for (const text of ['', 'x', real.replace('RUTw', 'RUT'), real.replace('trusted comment', '')])
      expect(readSignature(text)).toBeNull();
    for (const text of ['', 'x', line.slice(1), `${line}AAAA`, line.replace('RWT', 'RUT')])
      expect(readPublicKey(text)).toBeNull();
  });
});
