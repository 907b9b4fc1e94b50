import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemRandom } from '@joh/clock';
import type { FileChange } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWatches, type Watches } from './watch.ts';

let folder: TemporaryFolder;
let watches: Watches;
let seen: (FileChange & { watch: string })[];
let failed: string[];
const at = (name: string) => join(folder.path, name);

beforeEach(async () => {
  folder = await temporaryFolder('watch');
  seen = [];
  failed = [];
  watches = createWatches({
    random: systemRandom(),
    notices: {
      changed: (watch, changes) => seen.push(...changes.map((change) => ({ ...change, watch }))),
      failed: (_watch, reason) => failed.push(reason),
    },
  });
});
afterEach(async () => {
  await watches.close();
  await folder.remove();
});

const hears = (path: string, type: FileChange['type']) =>
  waitFor(() => seen.some((change) => change.path === path && change.type === type), {
    what: `${type} ${path}`,
  });

describe('watch', () => {
  it('tells what is added, changed and removed in a tree, but not in what git writes', async () => {
    mkdirSync(at('.git/objects/aa'), { recursive: true });
    mkdirSync(at('out'));
    const watch = await watches.watch(folder.path, { recursive: true, excludes: ['**/out/**'] });
    writeFileSync(at('.git/objects/aa/blob'), 'x');
    writeFileSync(at('out/file'), 'x');
    mkdirSync(at('deep'));
    writeFileSync(at('deep/new.v'), '1');
    await hears(at('deep'), 'added');
    writeFileSync(at('late.v'), '1');
    await hears(at('late.v'), 'added');
    writeFileSync(at('late.v'), '2');
    await hears(at('late.v'), 'changed');
    writeFileSync(at('part'), '3');
    renameSync(at('part'), at('late.v'));
    rmSync(at('deep'), { recursive: true });
    await hears(at('deep'), 'removed');
    expect(seen.filter(({ path }) => /objects|out\/file/.test(path))).toEqual([]);
    expect(new Set(seen.map((change) => change.watch))).toEqual(new Set([watch]));
  });

  it('does not follow a link to a folder elsewhere, as that of a build’s result', async () => {
    const elsewhere = await temporaryFolder('store');
    try {
      mkdirSync(join(elsewhere.path, 'out'));
      symlinkSync(join(elsewhere.path, 'out'), at('result'));
      await watches.watch(folder.path, { recursive: true, excludes: [] });
      writeFileSync(join(elsewhere.path, 'out/top.bin'), 'x');
      writeFileSync(at('after'), 'x');
      await hears(at('after'), 'added');
      expect(seen.filter(({ path }) => /top\.bin|out/.test(path))).toEqual([]);
      rmSync(at('result'));
      await hears(at('result'), 'removed');
    } finally {
      await elsewhere.remove();
    }
  });

  it('watches one folder, or one file, without what is below', async () => {
    mkdirSync(at('deep'));
    writeFileSync(at('one.v'), '1');
    await watches.watch(folder.path, { recursive: false, excludes: [] });
    const one = await watches.watch(at('one.v'), { recursive: true, excludes: [] });
    writeFileSync(at('deep/below.v'), '1');
    writeFileSync(at('one.v'), '2');
    await hears(at('one.v'), 'changed');
    await waitFor(() => seen.some(({ watch }) => watch === one));
    expect(seen.some(({ path }) => path === at('deep/below.v'))).toBe(false);
  });

  it('is silent after unwatch, refuses what is not there, and reports no failure', async () => {
    await expect(
      watches.watch(at('missing'), { recursive: true, excludes: [] }),
    ).rejects.toMatchObject({ code: 'E_FILE_UNKNOWN' });
    const first = await watches.watch(folder.path, { recursive: true, excludes: [] });
    await watches.unwatch(first);
    await watches.watch(folder.path, { recursive: true, excludes: [] });
    writeFileSync(at('file'), 'x');
    await hears(at('file'), 'added');
    expect(seen.some(({ watch }) => watch === first)).toBe(false);
    expect(failed).toEqual([]);
  });
});
