import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { systemRandom } from '@joh/clock';
import type { ChannelParams } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFileChunks, writeFileWhole } from './file-stream.ts';
import { createFiles } from './files.ts';

const random = systemRandom();
const files = createFiles({ random });
const never = new AbortController().signal;
let folder: TemporaryFolder;
const at = (name: string) => join(folder.path, name);

beforeEach(async () => {
  folder = await temporaryFolder('files');
});
afterEach(() => folder.remove());

async function read(path: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of readFileChunks(path, never)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
async function* some(...parts: (string | Uint8Array)[]) {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
}
const write = (
  name: string,
  source: AsyncIterable<Uint8Array>,
  more: Partial<ChannelParams<'files.write'>> = {},
) => writeFileWhole({ path: at(name), create: true, overwrite: true, ...more }, source, random);
/** Names left in the folder, to see that no part of a write stays. */
const names = () => readdirSync(folder.path).sort();

describe('files', () => {
  it('says what links point to, and what a broken one is', async () => {
    mkdirSync(at('folder'));
    symlinkSync('folder', at('link'));
    symlinkSync('nowhere', at('broken'));
    execFileSync('mkfifo', [at('pipe')]);
    expect(await files.stat(at('link'))).toMatchObject({
      type: 'symlink',
      targetType: 'directory',
    });
    expect(await files.stat(at('broken'))).toMatchObject({ type: 'symlink', targetType: null });
    const entries = await files.list(folder.path);
    expect(entries.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: 'broken', type: 'symlink', targetType: null },
      { name: 'folder', type: 'directory', targetType: null },
      { name: 'link', type: 'symlink', targetType: 'directory' },
      { name: 'pipe', type: 'other', targetType: null },
    ]);
  });

  it.each([
    ['missing', 'E_FILE_UNKNOWN', () => files.stat(at('missing'))],
    ['relative', 'E_REQUEST_INVALID', () => files.stat('relative')],
    ['NUL', 'E_REQUEST_INVALID', () => files.stat('/a\0b')],
    ['through a file', 'E_FILE_NOT_DIRECTORY', () => files.list(at('file/below'))],
    ['list a file', 'E_FILE_NOT_DIRECTORY', () => files.list(at('file'))],
    ['remove a full folder', 'E_FILE_IS_DIRECTORY', () => files.remove(at('full'), false)],
    ['make over a file', 'E_FILE_EXISTS', () => files.makeDirectory(at('file'))],
    ['rename onto', 'E_FILE_EXISTS', () => files.rename(at('file'), at('full'), false)],
    ['rename missing', 'E_FILE_UNKNOWN', () => files.rename(at('missing'), at('file'), true)],
    ['rename into itself', 'E_FILE_REFUSED', () => files.rename(at('full'), at('full/x'), false)],
    ['copy onto', 'E_FILE_EXISTS', () => files.copy(at('full'), at('file'), false)],
    ['copy into itself', 'E_FILE_REFUSED', () => files.copy(at('full'), at('full/x'), false)],
    ['read a folder', 'E_FILE_IS_DIRECTORY', () => read(at('full'))],
    ['read a device', 'E_FILE_REFUSED', () => read('/dev/zero')],
  ])('%s: %s, and nothing is changed', async (_name, code, act) => {
    writeFileSync(at('file'), 'content');
    mkdirSync(at('full'));
    writeFileSync(at('full/inner'), 'inner');
    await expect(act()).rejects.toMatchObject({ code });
    expect(names()).toEqual(['file', 'full']);
    expect(readdirSync(at('full'))).toEqual(['inner']);
    expect(readFileSync(at('file'), 'utf8')).toBe('content');
  });

  it('refuses a pipe at once instead of waiting for a writer', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await expect(read(at('pipe'))).rejects.toMatchObject({ code: 'E_FILE_REFUSED' });
    await expect(write('pipe', some('x'))).rejects.toMatchObject({ code: 'E_FILE_REFUSED' });
  });

  it('renames and copies over what is there, folders too', async () => {
    mkdirSync(at('one/deep'), { recursive: true });
    writeFileSync(at('one/deep/file'), '1');
    symlinkSync('deep', at('one/link'));
    mkdirSync(at('two'));
    writeFileSync(at('two/old'), '2');
    await files.copy(at('one'), at('two'), true);
    expect(readdirSync(at('two')).sort()).toEqual(['deep', 'link']);
    expect(readlinkSync(at('two/link'))).toBe('deep');
    writeFileSync(at('file'), 'f');
    await files.rename(at('file'), at('two'), true);
    expect(readFileSync(at('two'), 'utf8')).toBe('f');
    await files.rename(at('one'), at('new/place'), false);
    expect(names()).toEqual(['new', 'two']);
    await files.remove(at('new'), true);
    expect(names()).toEqual(['two']);
  });

  it('moves across file systems', async () => {
    writeFileSync(at('file'), 'content');
    const shared = `/dev/shm/${folder.path.split('/').at(-1)}`;
    await files.rename(at('file'), shared, false);
    expect(names()).toEqual([]);
    await files.rename(shared, at('back'), false);
    expect(readFileSync(at('back'), 'utf8')).toBe('content');
    expect(existsSync(shared)).toBe(false);
  });
});

describe('writing a file', () => {
  it('is binary safe, keeps the mode, and writes through a link', async () => {
    const content = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
    writeFileSync(at('script'), 'old');
    chmodSync(at('script'), 0o755);
    symlinkSync('script', at('link'));
    const written = await write('link', some(content.subarray(0, 1000), content.subarray(1000)));
    expect(written.size).toBe(content.length);
    expect(written.mtimeMs).toBe(statSync(at('script')).mtimeMs);
    expect(Buffer.compare(await read(at('script')), content)).toBe(0);
    expect(statSync(at('script')).mode & 0o777).toBe(0o755);
    expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
    await write('new', some('x'), { mode: 0o600 });
    expect(statSync(at('new')).mode & 0o777).toBe(0o600);
    expect(names()).toEqual(['link', 'new', 'script']);
  });

  it.each([
    ['exists', 'E_FILE_EXISTS', { overwrite: false }, 'file'],
    ['is missing', 'E_FILE_UNKNOWN', { create: false }, 'missing'],
    ['was changed', 'E_FILE_CHANGED', { expectedMtimeMs: 1000 }, 'file'],
    ['was removed', 'E_FILE_CHANGED', { expectedMtimeMs: 1000 }, 'missing'],
    ['is a folder', 'E_FILE_IS_DIRECTORY', {}, '.'],
    ['has no folder', 'E_FILE_UNKNOWN', {}, 'no/folder'],
  ])('%s: %s', async (_name, code, more, name) => {
    writeFileSync(at('file'), 'old');
    await expect(write(name, some('new'), more)).rejects.toMatchObject({ code });
    expect(names()).toEqual(['file']);
    expect(readFileSync(at('file'), 'utf8')).toBe('old');
  });

  it('accepts the expected time, also in whole milliseconds', async () => {
    writeFileSync(at('file'), 'old');
    utimesSync(at('file'), 1000, 1234.5678);
    const { mtimeMs } = statSync(at('file'));
    const first = await write('file', some('1'), { expectedMtimeMs: Math.floor(mtimeMs) });
    await write('file', some('2'), { expectedMtimeMs: first.mtimeMs });
    expect(readFileSync(at('file'), 'utf8')).toBe('2');
  });

  it('sees a change that happens while the bytes arrive', async () => {
    writeFileSync(at('file'), 'old');
    const { mtimeMs } = statSync(at('file'));
    async function* slow() {
      yield Buffer.from('mine');
      writeFileSync(at('file'), 'theirs');
      utimesSync(at('file'), 5, 5);
    }
    await expect(write('file', slow(), { expectedMtimeMs: mtimeMs })).rejects.toMatchObject({
      code: 'E_FILE_CHANGED',
    });
    expect(readFileSync(at('file'), 'utf8')).toBe('theirs');
    expect(names()).toEqual(['file']);
  });

  it('leaves nothing when the source breaks off', async () => {
    async function* broken() {
      yield Buffer.from('half');
      throw Object.assign(new Error('gone'), { code: 'EPIPE' });
    }
    await expect(write('file', broken())).rejects.toMatchObject({ code: 'E_FILE_REFUSED' });
    expect(names()).toEqual([]);
  });
});
