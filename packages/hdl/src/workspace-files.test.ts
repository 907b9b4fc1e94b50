import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { globPattern, ignoreRules } from './globs.ts';
import { workspaceFiles } from './workspace-files.ts';

const root = await mkdtemp(join(tmpdir(), 'hdl-files-'));
afterAll(() => rm(root, { recursive: true }));

test('sources are found; ignored, hidden and built ones are not', async () => {
  const files = {
    '.gitignore': 'gen/\n*_tmp.v\n!keep_tmp.v\n/only_here.v\n',
    'top.sv': '',
    'rtl/a.v': '',
    'rtl/only_here.v': '',
    'rtl/readme.md': '',
    'rtl/x_tmp.v': '',
    'rtl/keep_tmp.v': '',
    'rtl/.gitignore': 'local.v',
    'rtl/local.v': '',
    'only_here.v': '',
    'gen/g.v': '',
    'obj_dir/o.v': '',
    '.git/h.v': '',
    'node_modules/p/n.v': '',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await symlink(root, join(root, 'rtl', 'loop'));
  const found: string[] = [];
  for await (const file of workspaceFiles(root, new AbortController().signal)) {
    found.push(relative(root, file.path));
  }
  expect(found.sort()).toEqual(['rtl/a.v', 'rtl/keep_tmp.v', 'rtl/only_here.v', 'top.sv']);
});

test('globs', () => {
  const check = (glob: string, path: string, expected: boolean) =>
    expect([glob, path, globPattern(glob).test(path)]).toEqual([glob, path, expected]);
  check('rtl/*.v', 'rtl/a.v', true);
  check('rtl/*.v', 'rtl/b/a.v', false);
  check('rtl/**/*.v', 'rtl/a.v', true);
  check('rtl/**/*.v', 'rtl/b/c/a.v', true);
  check('**/*.{v,sv}', 'x/a.sv', true);
  check('a[0-9].v', 'a1.v', true);
  check('a[0-9].v', 'ab.v', false);
  check('a+(b).v', 'a+(b).v', true);
  check('[', '[', true);
  check('a[z-a].v', 'a.v', false);
});

test('the last rule of a .gitignore that matches wins', () => {
  const ignored = ignoreRules('*.v\n!a.v\n# comment\n\nbuild/');
  expect(ignored('x/b.v', false)).toBe(true);
  expect(ignored('x/a.v', false)).toBe(false);
  expect(ignored('build', true)).toBe(true);
  expect(ignored('build', false)).toBe(false);
});
