/** What the docs name must be there: files, folders, words of the glossary, numbers of decisions. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** Everything in the tree that is not ignored, new files included. */
const files = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .stdout.split('\0')
  .filter(Boolean);
const folders = new Set(files.flatMap(parentsOf));
const tops = new Set(files.map((file) => file.split('/')[0]));

const docs = files.filter((file) => /^(docs\/.*|README|CHANGELOG)\.?.*\.md$/.test(file));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
/** Without fenced blocks, which show commands and pictures made of text. */
const prose = (file: string) => read(file).replace(/^```[\s\S]*?^```/gm, '');
const quoted = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code ?? '');

describe('paths', () => {
  it.each(docs)('named in %s are there', (doc) => {
    expect(quoted(prose(doc)).filter((word) => !isThere(word))).toEqual([]);
  });

  it.each(docs)('linked in %s are there', (doc) => {
    const links = [...prose(doc).matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(
      ([, link]) => link ?? '',
    );
    const own = links.filter((link) => !/^[a-z]+:/.test(link));
    const missing = own.filter((link) => !exists(normalize(join(dirname(doc), link))));
    expect(missing).toEqual([]);
  });

  it('would be missed', () => {
    expect(isThere('packages/link/src/no-such-file.ts')).toBe(false);
    expect(isThere('no-such-file.ts')).toBe(false);
    expect(isThere('apps/nowhere')).toBe(false);
    expect(isThere('packages/link/src/link.ts')).toBe(true);
    expect(isThere('apps/ide/dist')).toBe(true);
    expect(isThere('npm run build')).toBe(true);
  });
});

describe('the glossary', () => {
  const rows = [...read('docs/glossary.md').matchAll(/^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$/gm)]
    .map(([, word = '', where = '']) => ({ word: word.trim(), places: quoted(where) }))
    .filter(({ places }) => places.length > 0);
  const sources = files
    .filter((file) => /^(apps|packages)\/.*\.ts$/.test(file) && !file.endsWith('.test.ts'))
    .map(read)
    .join('\n');

  it('has words', () => expect(rows.length).toBeGreaterThan(20));

  it.each(rows)('says where $word is', ({ places }) => {
    const missing = places.filter((place) => {
      if (place.startsWith('/')) return !sources.includes(`${place.split(/[<.]/)[0]}`);
      if (place.includes('/')) return !isThere(place);
      return !isWord(place);
    });
    expect(missing).toEqual([]);
  });

  /** A folder, a file's noun, a declared name, or a field. */
  function isWord(word: string): boolean {
    if ([...folders].some((folder) => folder.split('/').at(-1) === word)) return true;
    if (files.some((file) => [word, `${word}.ts`].includes(file.split('/').at(-1) ?? '')))
      return true;
    return new RegExp(`\\b(type|interface|const|function) ${word}\\b|\\b${word}\\??:`).test(
      sources,
    );
  }
});

describe('decisions', () => {
  const decisions = files.filter((file) => file.startsWith('docs/decisions/')).sort();

  it('are numbered from 1 without a gap', () => {
    const numbers = decisions.map((file) => /\/(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1]);
    expect(numbers).toEqual(decisions.map((_, index) => String(index + 1).padStart(4, '0')));
  });

  it.each(decisions)('%s has its number in its title', (file) => {
    const number = Number(file.split('/').at(-1)?.slice(0, 4));
    expect(read(file)).toMatch(new RegExp(`^# ${number}\\. [A-Z]`));
  });
});

describe('the architecture', () => {
  it('names what holds each invariant', () => {
    const text = read('docs/ARCHITECTURE.md');
    const invariants = text.match(/^\S*\s*\*\*Invariant:\*\*[\s\S]*?(?=\n\n|\n- )/gm) ?? [];
    expect(invariants.length).toBeGreaterThan(10);
    const isHeld = (one: string) =>
      /[*_]Held by[*_]/.test(one) && quoted(one).some((it) => it.includes('/'));
    expect(invariants.filter((one) => !isHeld(one))).toEqual([]);
  });
});

/**
 * Reports whether what stands in backticks is in the tree. What is not a path is; a bare source file
 * may lie in any folder; what is built need not be there.
 */
function isThere(word: string): boolean {
  const path = word.replace(/[/:]$/, '').replace(/\/dist(\/.*)?$/, '');
  if (!/^[\w.@*-]+(\/[\w.@*-]+)*$/.test(path)) return true;
  if (path.includes('/')) return !tops.has(path.split('/')[0]) || exists(path);
  if (!/[\w*]\.(ts|grit)$/.test(path)) return true;
  const name = globOf(path);
  return files.some((file) => name.test(file.split('/').at(-1) ?? ''));
}

function exists(path: string): boolean {
  const wanted = path.replace(/\/$/, '');
  if (!wanted.includes('*')) return files.includes(wanted) || folders.has(wanted);
  const pattern = globOf(wanted);
  return files.some((file) => pattern.test(file)) || [...folders].some((one) => pattern.test(one));
}

function globOf(wanted: string): RegExp {
  return new RegExp(`^${wanted.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}$`);
}

function parentsOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
