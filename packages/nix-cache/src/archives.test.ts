import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createArchives } from './archives.ts';
import { encodeNix32 } from './nix-hash.ts';

const contents = 'an archive';
const name = `${encodeNix32(createHash('sha256').update(contents).digest())}.nar`;

describe('files of archives', () => {
  let folder: TemporaryFolder;
  const open = () => createArchives(folder.path, () => undefined);
  beforeEach(async () => {
    folder = await temporaryFolder('joh-archives');
  });
  afterEach(() => folder.remove());
  const write = async (archives = open()) => {
    const { path, handle } = await archives.create(name);
    await handle.writeFile(contents);
    await archives.sync(handle);
    await handle.close();
    return path;
  };
  const arriving = () => readdirSync(join(folder.path, 'arriving'));

  it('have their names once they are kept', async () => {
    const archives = open();
    await archives.keep(await write(archives), name, async () => undefined);
    expect(readFileSync(archives.pathOf(name), 'utf8')).toBe(contents);
    expect(arriving()).toEqual([]);
  });

  it('are not removed while they are kept again', async () => {
    const archives = open();
    const again = await write(archives);
    const { promise, resolve } = Promise.withResolvers<void>();
    const kept = archives.keep(again, name, async () => {
      archives.remove(name);
      expect(existsSync(archives.pathOf(name))).toBe(true);
      await promise;
    });
    resolve();
    await kept;
    archives.remove(name);
    expect(existsSync(archives.pathOf(name))).toBe(false);
  });

  it('are found again when a crash undid nothing but their new name', async () => {
    writeFileSync(join(dirname(await write()), `${name}~1-0`), 'an arch');
    writeFileSync(join(folder.path, 'arriving', 'other~1-1'), contents);
    const archives = open();
    archives.sweep((one) => one === name);
    expect(readFileSync(archives.pathOf(name), 'utf8')).toBe(contents);
    expect(arriving()).toEqual([]);
  });

  it('go after a crash when nothing names them', async () => {
    await write();
    mkdirSync(join(folder.path, 'nar', '00'));
    writeFileSync(join(folder.path, 'nar', '00', `00${name.slice(2)}`), contents);
    const archives = open();
    expect(archives.sweep(() => false)).toBe(1);
    expect(arriving()).toEqual([]);
    expect(readdirSync(join(folder.path, 'nar', '00'))).toEqual([]);
  });
});
