import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChannelParams, TextMatch } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { rgPath } from '@vscode/ripgrep';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSearch, type Search } from './search.ts';

const never = new AbortController().signal;
let folder: TemporaryFolder;
let search: Search;

beforeAll(async () => {
  folder = await temporaryFolder('search');
  search = createSearch({ root: folder.path, ripgrep: async () => rgPath });
  mkdirSync(join(folder.path, '.git'));
  mkdirSync(join(folder.path, 'src/deep'), { recursive: true });
  const write = (name: string, text: string | Uint8Array) =>
    writeFileSync(join(folder.path, name), text);
  write('.git/config', 'counter');
  write('.gitignore', 'ignored.v\n');
  write('ignored.v', 'counter');
  write('.hidden', 'counter');
  write('src/top.v', 'module top;\n// 😀 counter Counter\r\nendmodule\n');
  write('src/deep/a b.v', 'x\u2028counter\n');
  write('src/latin.v', Buffer.concat([Buffer.of(0xe9, 0x20), Buffer.from('counter\n')]));
  write('src/long.v', `${'counter '.repeat(5000)}\n`);
});
afterAll(() => folder.remove());

it('does not follow a link to a folder elsewhere, as that of a build’s result', async () => {
  const elsewhere = await temporaryFolder('store');
  try {
    writeFileSync(join(elsewhere.path, 'zz.bin'), 'counter in the store');
    symlinkSync(elsewhere.path, join(folder.path, 'result'));
    const found = await find({ pattern: 'in the store' });
    expect(found).toEqual([]);
    const named = await search.files({ query: 'zz.bin', excludes: [], resultsMax: 10 }, never);
    expect(named).toEqual([]);
  } finally {
    await elsewhere.remove();
  }
});

const base: ChannelParams<'search.text'> = {
  pattern: 'counter',
  isRegex: false,
  caseSensitive: true,
  wholeWord: false,
  includes: [],
  excludes: ['**/long.v'],
  resultsMax: 100,
};
async function find(more: Partial<typeof base>): Promise<TextMatch[]> {
  const found: TextMatch[] = [];
  for await (const match of search.text({ ...base, ...more }, never)) found.push(match);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
const relative = (path: string) => path.slice(folder.path.length + 1);

describe('search', () => {
  it('gives UTF-16 columns, hidden files, and leaves ignored ones and .git out', async () => {
    const found = await find({});
    expect(found.map(({ path }) => relative(path))).toEqual([
      '.hidden',
      'src/deep/a b.v',
      'src/latin.v',
      'src/top.v',
    ]);
    expect(found.at(-1)).toMatchObject({
      line: 1,
      text: '// 😀 counter Counter',
      ranges: [{ start: 6, end: 13 }],
    });
    for (const { text, ranges } of found) {
      for (const { start, end } of ranges) expect(text.slice(start, end)).toBe('counter');
    }
  });

  it('knows case, words, expressions and globs', async () => {
    expect((await find({ caseSensitive: false, includes: ['top.v'] }))[0]?.ranges).toHaveLength(2);
    expect(await find({ pattern: 'count', wholeWord: true })).toEqual([]);
    expect(await find({ pattern: '^module \\w+', isRegex: true })).toHaveLength(1);
    expect(await find({ pattern: '--files' })).toEqual([]);
    expect(
      await find({ includes: ['src/**'], excludes: ['**/deep/**', '**/long.v'] }),
    ).toHaveLength(2);
    await expect(find({ pattern: '(', isRegex: true })).rejects.toMatchObject({
      code: 'E_REQUEST_INVALID',
    });
  });

  it('stops at the limit, cuts what is far out, and ends when cancelled', async () => {
    const [long] = await find({ includes: ['long.v'], excludes: [], resultsMax: 7 });
    expect(long?.ranges).toHaveLength(7);
    const [all] = await find({ includes: ['long.v'], excludes: [], resultsMax: 10_000 });
    expect(all?.text.length).toBeLessThanOrEqual(20_000);
    const stop = new AbortController();
    const iterator = search.text(base, stop.signal);
    await iterator.next();
    stop.abort(new DOMException('enough', 'AbortError'));
    await expect(
      (async () => {
        for await (const _ of iterator);
      })(),
    ).rejects.toThrow('enough');
  });

  it('finds files by letters, best first', async () => {
    const names = async (query: string, resultsMax = 100) =>
      (await search.files({ query, excludes: [], resultsMax }, never)).map(relative);
    expect(await names('top')).toEqual(['src/top.v']);
    expect(await names('sdv')).toEqual(['src/deep/a b.v']);
    expect(await names('.v')).not.toContain('ignored.v');
    expect(await names('', 2)).toHaveLength(2);
  });
});
