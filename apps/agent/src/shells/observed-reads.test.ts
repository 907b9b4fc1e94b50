import { expect, it } from 'vitest';
import { readObservation } from './observed-reads.ts';

const places = { root: '/work/p', home: '/home/u', ignored: ['/run/agent'] };
const log = (...records: string[]) => records.map((record) => `${record}\0`).join('');
const nix = '1 h /usr/bin/nix';
const bash = ['1 x /bin/bash', '1 h /usr/bin/bash'];
const paths = (text: string) => readObservation(text, places).inputs.map(({ path }) => path);

it('takes what decides, and leaves what Nix does for itself', () => {
  const seen = log(
    ...[nix, '1 o /etc/nix/nix.conf', '1 g TERM', '1 g SSH_AUTH_SOCK', '1 g FOO', '1 s /work'],
    ...['1 s /work/p', '1 o /work/p/shell.nix', '1 s /work/p/shell.nix', '1 o /work/p/dir'],
    ...['1 s /work/p/missing.nix', '1 w /nix/var/nix/db/db.sqlite', '1 o /nix/var/nix/gc.lock'],
    ...['1 s /nix/var/nix/profiles/channels', '1 w /tmp/nix-shell-1-0/rc', ...bash],
    ...[
      '1 s /usr/local/bin/rm',
      '1 o /tmp/nix-shell-1-0/rc',
      '1 s /work/p/./env.sh',
      '2 x /bin/rm',
    ],
    ...['2 h /usr/bin/rm', '1 w /work/p/.venv/made', '1 o /work/p/.venv/made', '1 o /run/agent/x'],
  );
  const { inputs, isComplete, usedFetcher } = readObservation(seen, places);
  expect([isComplete, usedFetcher]).toEqual([true, false]);
  expect(inputs).toEqual([
    { kind: 'presence', path: '.' },
    { kind: 'contents', path: '/etc/nix/nix.conf' },
    { kind: 'presence', path: '/nix/var/nix/profiles/channels' },
    { kind: 'variable', path: 'SSH_AUTH_SOCK' },
    { kind: 'contents', path: 'dir' },
    { kind: 'presence', path: 'env.sh' },
    { kind: 'presence', path: 'missing.nix' },
    { kind: 'contents', path: 'shell.nix' },
  ]);
});

it('is not relied on when a program was not seen', () => {
  const isComplete = (...records: string[]) => readObservation(log(...records), places).isComplete;
  expect(isComplete(nix, ...bash)).toBe(true);
  // By a script.
  expect(isComplete('1 h /bin/dash', '1 x /bin/nix', nix, ...bash)).toBe(true);
  // Nothing at all: Nix is linked statically.
  expect(isComplete()).toBe(false);
  // A program of the hook that is linked statically, or one with an environment of its own.
  expect(isComplete(nix, ...bash, '2 x /bin/busybox')).toBe(false);
  expect(isComplete(nix, ...bash, '2 c /bin/cat')).toBe(false);
  // A builder of Nix.
  expect(isComplete(nix, '2 c /nix/store/x/bin/bash', ...bash)).toBe(true);
});

it('notices what is fetched without a hash', () => {
  const cache = '1 w /home/u/.cache/nix/fetcher-cache-v1.sqlite';
  expect(readObservation(log(nix, cache, ...bash), places).usedFetcher).toBe(true);
  expect(paths(log(nix, cache, ...bash))).toEqual([]);
});
