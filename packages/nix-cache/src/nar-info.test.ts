import { expect, it } from 'vitest';
import { fingerprintOf, formatNarInfo, NarInfoInvalid, parseNarInfo } from './nar-info.ts';
import { openPublicKey, openSecretKey } from './signing-key.ts';

/** As Nix 2.8 uploads it; signed by `nix store sign` with the key below. */
const text = `StorePath: /nix/store/21a5k28smgkry5sy67dxy6f7vnarxw9f-top
URL: nar/1bjaszcmqv0g65m3ym6rl9x920j1gd669ry9xpg8kymiyj66xm7m.nar.zst
Compression: zstd
FileHash: sha256:1bjaszcmqv0g65m3ym6rl9x920j1gd669ry9xpg8kymiyj66xm7m
FileSize: 126
NarHash: sha256:1bvlq6d5hjbb34dhdmwfj4lpckj84cqhyc716di1v2rgsfzwl38n
NarSize: 160
References: dw0mvnqrg4423334hvs0ryy21hzwl4ra-dep
Deriver: 8k1il9s7fwhlbbzlh6yv5xm49bdxgpqx-top.drv
Sig: x-1:uZ3i0EP9k/YI5PDXq39jargjInu7cOWR6fdZWDmKl3HiRcLbM7Y/TrzjvIhEzGwOCoOGinta9gIvSiwE3+LdBg==
`;
const publicKey = 'x-1:4OLA+Z7kHUUmqyT0R9FGxXHnR0p3E0TERwMCjo5r+Og=';

it('reads and writes what Nix writes', () => {
  expect(formatNarInfo(parseNarInfo(text))).toBe(text);
});

it('knows what Nix signed', () => {
  const info = parseNarInfo(text);
  const key = openPublicKey(publicKey);
  expect(key.verifies(fingerprintOf(info), info.signatures[0] ?? '')).toBe(true);
  const other = { ...info, narBytes: 161 };
  expect(key.verifies(fingerprintOf(other), info.signatures[0] ?? '')).toBe(false);
});

it('signs so that its own public key verifies it', () => {
  const secret = `k-1:${Buffer.alloc(64, 7).toString('base64')}`;
  const key = openSecretKey(secret);
  expect(openPublicKey(key.publicText).verifies('text', key.sign('text'))).toBe(true);
  expect(key.sign('text')).toBe(key.sign('text'));
});

it('reads a path without references, its own among them, or with unknown fields', () => {
  expect(parseNarInfo(text.replace(/References: .*/, 'References: ')).references).toEqual([]);
  expect(parseNarInfo(text.replace(/References: .*/, 'References:')).references).toEqual([]);
  expect(parseNarInfo(`${text}Future: yes\n`)).toEqual(parseNarInfo(text));
  expect(parseNarInfo(text.replace(/Deriver: .*\n/, '')).deriver).toBeNull();
});

it.each([
  ['/nix/store/../etc-top', /StorePath: .*/, 'StorePath: /nix/store/../etc-top'],
  ['another store', /StorePath: .*/, 'StorePath: /gnu/store/21a5k28smgkry5sy67dxy6f7vnarxw9f-top'],
  ['a short hash', /NarHash: .*/, 'NarHash: sha256:1bvl'],
  ['no size', /NarSize: .*\n/, ''],
  ['a negative size', /NarSize: .*/, 'NarSize: -1'],
  ['a path as reference', /References: .*/, 'References: ../../etc/passwd'],
  ['a field twice', /NarSize: .*/, 'NarSize: 160\nNarSize: 161'],
  ['no field at all', /NarSize: .*/, 'NarSize'],
  ['a deriver that is none', /Deriver: .*/, 'Deriver: x.drv'],
])('refuses %s', (_, from, to) => {
  expect(() => parseNarInfo(text.replace(from, to))).toThrow(NarInfoInvalid);
});
