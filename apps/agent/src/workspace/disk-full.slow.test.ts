/** A real file system that is really full. Needs root, to mount one. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemRandom } from '@joh/clock';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFileWhole } from './file-stream.ts';
import { createFiles } from './files.ts';

const random = systemRandom();
let folder: TemporaryFolder;

beforeEach(async () => {
  folder = await temporaryFolder('disk-full');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder.path]);
});
afterEach(async () => {
  execFileSync('umount', [folder.path]);
  await folder.remove();
});

it('says E_DISK_FULL and keeps the version before', async () => {
  const path = join(folder.path, 'design.v');
  writeFileSync(path, 'the version before');
  async function* large() {
    for (let at = 0; at < 10; at += 1) yield new Uint8Array(64 * 1024);
  }
  const write = writeFileWhole({ path, create: true, overwrite: true }, large(), random);
  await expect(write).rejects.toMatchObject({ code: 'E_DISK_FULL' });
  expect(readFileSync(path, 'utf8')).toBe('the version before');
  expect(readdirSync(folder.path)).toEqual(['design.v']);

  writeFileSync(join(folder.path, 'big'), new Uint8Array(150 * 1024));
  const copy = createFiles({ random }).copy(
    join(folder.path, 'big'),
    join(folder.path, 'again'),
    false,
  );
  await expect(copy).rejects.toMatchObject({ code: 'E_DISK_FULL' });
  expect(readdirSync(folder.path).sort()).toEqual(['big', 'design.v']);
});
