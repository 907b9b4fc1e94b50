import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildDeb } from './deb.ts';

let place: TemporaryFolder;
beforeEach(async () => {
  place = await temporaryFolder('deb');
});
afterEach(() => place.remove());

/** Packs two files, laid in an order, at a time and with modes of the machine's own. */
function pack(name: string, order: readonly string[], time: number, mask: number): Buffer {
  const tree = join(place.path, name, 'a tree');
  for (const path of order) {
    const file = join(tree, path);
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o777 & ~mask });
    writeFileSync(file, `this is ${path}\n`);
    chmodSync(file, (path.includes('bin') ? 0o777 : 0o666) & ~mask);
    utimesSync(file, time, time);
  }
  const out = join(place.path, name);
  const deb = buildDeb(tree, out, {
    ...{ name: 'joh-test', version: '0.1.0', time: 1_700_000_000, isSmall: true },
    ...{ summary: 'a test', description: ['Of two files.', '', 'No more.'] },
    relations: { Depends: 'libc6' },
  });
  return readFileSync(deb);
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

test('the same tree gives the same bytes, whoever laid it and when', () => {
  const paths = ['usr/bin/program', 'usr/share/doc/joh-test/text'];
  const one = pack('one', paths, 1_600_000_000, 0o022);
  const other = pack('other', paths.toReversed(), 1_650_000_000, 0o077);
  expect(sha256(one)).toBe(sha256(other));
});

test('a package says what it is, and what its files must be', () => {
  pack('one', ['usr/bin/program', 'usr/share/doc/joh-test/text'], 1_600_000_000, 0o077);
  const deb = join(place.path, 'one', 'joh-test_0.1.0_');
  const dpkg = (...parameters: string[]) =>
    spawnSync('sh', ['-c', 'dpkg-deb "$1" "$0"*.deb $2', deb, ...parameters], { encoding: 'utf8' })
      .stdout;
  expect(dpkg('-f', 'Description')).toBe('a test\n Of two files.\n .\n No more.\n');
  expect(dpkg('-c')).toMatch(/^-rwxr-xr-x root\/root .* \.\/usr\/bin\/program$/m);
  expect(dpkg('-c')).toMatch(/^-rw-r--r-- root\/root .* \.\/usr\/share\/doc\/joh-test\/text$/m);
  const sum = createHash('md5').update('this is usr/bin/program\n').digest('hex');
  expect(dpkg('-I', 'md5sums')).toContain(`${sum}  usr/bin/program\n`);
});
