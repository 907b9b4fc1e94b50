import { expect, it } from 'vitest';
import { parseCachePath, parseCredentials, parseRange } from './request.ts';

const hash = '21a5k28smgkry5sy67dxy6f7vnarxw9f';
const file = '1bjaszcmqv0g65m3ym6rl9x920j1gd669ry9xpg8kymiyj66xm7m';

it.each([
  ['nix-cache-info', { kind: 'info' }],
  [`${hash}.narinfo`, { kind: 'narinfo', hash }],
  [`${hash}.ls`, { kind: 'listing', hash }],
  [
    `nar/${file}.nar.zst?compression=zstd`,
    { kind: 'nar', name: `${file}.nar.zst`, fileHash: file, compression: 'zstd' },
  ],
  [`nar/${file}.nar`, { kind: 'nar', name: `${file}.nar`, fileHash: file, compression: 'none' }],
  [
    `nar/${file}.nar.bz2`,
    { kind: 'nar', name: `${file}.nar.bz2`, fileHash: file, compression: null },
  ],
  [`log/${hash}-top.drv`, { kind: 'log', path: `log/${hash}-top.drv` }],
  [
    `realisations/sha256%3A${'a'.repeat(64)}%21out.doi`,
    { kind: 'realisation', path: `realisations/sha256:${'a'.repeat(64)}!out.doi` },
  ],
  [`debuginfo/${'b'.repeat(40)}.debug`, { kind: 'debuginfo', path: `debuginfo/${'b'.repeat(40)}` }],
])('reads %s', (rest, wanted) => {
  expect(parseCachePath(`/cache/ada/${rest}`, '/cache/')).toEqual({ namespace: 'ada', wanted });
});

it.each([
  '/cache/ada',
  '/cache/ada/',
  '/cache//nix-cache-info',
  '/cache/../nix-cache-info',
  '/cache/ada/../base/nix-cache-info',
  '/cache/ada%2f..%2fbase/nix-cache-info',
  '/cache/Ada/nix-cache-info',
  '/cache/ada/nar/../../cache.sqlite',
  `/cache/ada/nar/..%2f${file}.nar`,
  `/cache/ada/nar/${file}.nar.zst/x`,
  `/cache/ada/nar/${file.slice(1)}.nar`,
  `/cache/ada/log/../../${hash}-top.drv`,
  '/cache/ada/log/etc.drv',
  '/cache/ada/realisations/x.doi',
  '/cache/ada/debuginfo/..',
  '/git/ada/nix-cache-info',
])('reads nothing into %s', (url) => expect(parseCachePath(url, '/cache/')).toBeNull());

it('reads ranges', () => {
  expect(parseRange(undefined, 100)).toBeNull();
  expect(parseRange('bytes=0-9', 100)).toEqual({ start: 0, end: 10 });
  expect(parseRange('bytes=90-', 100)).toEqual({ start: 90, end: 100 });
  expect(parseRange('bytes=90-500', 100)).toEqual({ start: 90, end: 100 });
  expect(parseRange('bytes=-10', 100)).toEqual({ start: 90, end: 100 });
  expect(parseRange('bytes=-500', 100)).toEqual({ start: 0, end: 100 });
  expect(parseRange('bytes=100-', 100)).toBe('unsatisfiable');
  expect(parseRange('bytes=-0', 100)).toBe('unsatisfiable');
  expect(parseRange('bytes=5-4', 100)).toBeNull();
  expect(parseRange('bytes=0-1,3-4', 100)).toBeNull();
  expect(parseRange('lines=0-1', 100)).toBeNull();
});

it('reads what a client shows', () => {
  const basic = `Basic ${Buffer.from('ada:a:b').toString('base64')}`;
  expect(parseCredentials(basic)).toEqual({ login: 'ada', secret: 'a:b' });
  expect(parseCredentials('bearer x')).toEqual({ login: '', secret: 'x' });
  expect(parseCredentials('Digest x')).toBeNull();
  expect(parseCredentials(undefined)).toBeNull();
});
