import { expect, it } from 'vitest';
import { netrcOf, nixConfiguration, nixDefaults, storePathOf } from './configuration.ts';
import { nixReason } from './copy.ts';

const cache = {
  url: 'http://10.0.0.1:8787/cache/ada',
  namespace: 'ada',
  publicKeys: ['joh-ada-1:abc=', 'joh-base-1:def='],
};

it('names the cache, its keys and where the password is, and not the password', () => {
  const text = nixConfiguration(cache, { netrc: '/run/netrc' }) + nixDefaults('/run/nix-built');
  for (const line of [
    'extra-substituters = http://10.0.0.1:8787/cache/ada',
    'extra-trusted-public-keys = joh-ada-1:abc= joh-base-1:def=',
    'netrc-file = /run/netrc',
    'post-build-hook = /run/nix-built',
    'fallback = true',
  ])
    expect(text.split('\n')).toContain(line);
  expect(nixDefaults(null)).not.toContain('hook');
});

it('writes a password for a host without its port and brackets', () => {
  expect(netrcOf(cache.url, 'joh_s_x')).toBe('machine 10.0.0.1 login session password joh_s_x\n');
  expect(netrcOf('http://[fd00::1]:8787/cache/ada', 'x')).toContain('machine fd00::1 login');
});

it('finds the store path of what is in one, and of nothing else', () => {
  const path = '/nix/store/3n58xw4373jp0ljirf06d8077j15pc4j-hello-2.10';
  expect(storePathOf(path)).toBe(path);
  expect(storePathOf(`${path}/bin/hello`)).toBe(path);
  for (const other of [`${path}.drv`, '/nix/store', '/etc/passwd', '--help', `x${path}`])
    expect(storePathOf(other)).toBe(null);
});

it('tells Nix’s reason from the rest of what it says', () => {
  const stderr =
    "copying 2 paths...\n\u001b[31;1merror:\u001b[0m unable to upload 'http://x': HTTP error 413\n\n       response body:\n\n       The cache is full.\n";
  expect(nixReason(stderr)).toBe(
    "unable to upload 'http://x': HTTP error 413 response body: The cache is full",
  );
  expect(nixReason('')).toBe('it gave no reason');
});
