import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSettings } from './settings.ts';
import { readSourceText } from './source-text.ts';
import { workspaceFiles } from './workspace-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hdl-text-'));
  writeFileSync(join(folder, 'top.v'), 'module top; endmodule\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('reads regular files up to a size', async () => {
  const path = join(folder, 'top.v');
  expect(await readSourceText(path, 100)).toBe('module top; endmodule\n');
  expect(await readSourceText(path, 5)).toBeNull();
  expect(await readSourceText(join(folder, 'none.v'), 100)).toBeNull();
  expect(await readSourceText(folder, 100)).toBeNull();
});

it('is held up by no pipe and no device where a project has its files', async () => {
  execFileSync('mkfifo', [join(folder, 'joh.json')]);
  symlinkSync('/dev/zero', join(folder, '.gitignore'));
  execFileSync('mkfifo', [join(folder, 'pipe.v')]);
  expect(await readSettings(folder)).toBeNull();
  const found: string[] = [];
  for await (const { path } of workspaceFiles(folder, new AbortController().signal))
    found.push(path);
  expect(found).toEqual([join(folder, 'top.v')]);
  expect(await readSourceText(join(folder, 'pipe.v'), 100)).toBeNull();
});
