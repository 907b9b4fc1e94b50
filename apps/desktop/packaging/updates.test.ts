import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFileSigned, packageFileName, readPublicKey, readRelease } from '@joh/agent/updates';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { layUpdateSource, tellOfPackage, updateSource } from './updates.ts';

const url = 'https://joy.example.org/desktop/latest.json';
let place: TemporaryFolder;

beforeEach(async () => {
  place = await temporaryFolder('updates');
});
afterEach(() => place.remove());

/** A pair that minisign makes, without a password. */
function makeKey(name: string): { key: string; secretKey: string } {
  const secretKey = join(place.path, `${name}.key`);
  const publicKey = join(place.path, `${name}.pub`);
  const made = spawnSync('minisign', ['-G', '-W', '-s', secretKey, '-p', publicKey]);
  expect(made.error).toBeUndefined();
  return { secretKey, key: readFileSync(publicKey, 'utf8').split('\n')[1] ?? '' };
}

function makePackage(version: string): string {
  const deb = join(place.path, packageFileName(version, process.arch));
  writeFileSync(deb, `package of ${version}`);
  return deb;
}

describe('where an application asks', () => {
  const key = 'RWTwm/TK7SgVbDabz9wBEercYSV0MHjIMd1AFR9XeA9pY4wBRCNUxCwx';

  test('is nowhere unless the packer says so, and lies beside its programs', () => {
    expect(updateSource({})).toBeNull();
    const source = updateSource({ JOH_UPDATE_URL: url, JOH_UPDATE_KEY: key });
    expect(source).toEqual({ url, key });
    mkdirSync(join(place.path, 'usr/lib/joy-of-hardware'), { recursive: true });
    layUpdateSource(place.path, 'joy-of-hardware', { url, key });
    const laid = readFileSync(join(place.path, 'usr/lib/joy-of-hardware/updates.json'), 'utf8');
    expect(JSON.parse(laid)).toEqual({ url, key });
  });

  test.each([
    { JOH_UPDATE_URL: url },
    { JOH_UPDATE_KEY: key },
    { JOH_UPDATE_URL: 'http://joy.example.org/latest.json', JOH_UPDATE_KEY: key },
    { JOH_UPDATE_URL: url, JOH_UPDATE_KEY: 'a secret' },
  ])('is not guessed from %o', (env) => {
    expect(() => updateSource(env)).toThrow('JOH_UPDATE_');
  });
});

test('what minisign signs is what an application believes', () => {
  const { key, secretKey } = makeKey('ours');
  const options = { version: '0.2.0', time: 1_795_580_964, source: { url, key }, secretKey };
  const deb = makePackage('0.2.0');
  const list = tellOfPackage({ ...options, deb });
  const believed = readPublicKey(key)!;
  const release = readRelease(readFileSync(list, 'utf8'), {
    key: believed,
    platform: process.platform,
    arch: process.arch,
  });
  expect(release).toMatchObject({
    version: '0.2.0',
    publishedAt: '2026-11-25T04:29:24.000Z',
    url: `https://joy.example.org/desktop/${packageFileName('0.2.0', process.arch)}`,
  });
  const digest = createHash('blake2b512').update(readFileSync(deb)).digest();
  expect(isFileSigned(release.signature, believed, digest)).toBe(true);
});

test('a list is kept whole, and not written with the wrong key', () => {
  const { key, secretKey } = makeKey('ours');
  const list = join(place.path, 'latest.json');
  const other = { 'darwin-aarch64': { url: 'https://joy.example.org/x.dmg', signature: 'eA==' } };
  writeFileSync(list, JSON.stringify({ version: '0.2.0', platforms: other }));
  const options = { time: 1_795_580_964, source: { url, key }, secretKey };
  tellOfPackage({ ...options, version: '0.2.0', deb: makePackage('0.2.0') });
  expect(JSON.parse(readFileSync(list, 'utf8')).platforms).toMatchObject(other);
  tellOfPackage({ ...options, version: '0.3.0', deb: makePackage('0.3.0') });
  expect(JSON.parse(readFileSync(list, 'utf8')).platforms).not.toHaveProperty('darwin-aarch64');
  const before = readFileSync(list, 'utf8');
  const source = { url, key: makeKey('others').key };
  expect(() =>
    tellOfPackage({ ...options, source, version: '0.4.0', deb: makePackage('0.4.0') }),
  ).toThrow('minisign -V failed');
  expect(readFileSync(list, 'utf8')).toBe(before);
});
