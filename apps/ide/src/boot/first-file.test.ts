import type { FileEntry } from '@joh/protocol';
import { expect, it } from 'vitest';
import { firstFileIn, readmeIn, sourceFolderIn } from './first-file.ts';

const file = (name: string): FileEntry => ({ name, type: 'file', targetType: null });
const folder = (name: string): FileEntry => ({ name, type: 'directory', targetType: null });

it('prefers the top module, then any source that is no test bench', () => {
  expect(firstFileIn([file('alu.v'), file('top.sv'), file('README.md')])).toBe('top.sv');
  expect(firstFileIn([file('tb_alu.v'), file('alu.v'), file('top_tb.v')])).toBe('alu.v');
  expect(firstFileIn([file('README.md'), folder('top.v')])).toBeNull();
});

it('knows where sources are kept, and the read-me', () => {
  expect(sourceFolderIn([folder('docs'), folder('rtl'), file('src')])).toBe('rtl');
  expect(sourceFolderIn([])).toBeNull();
  expect(readmeIn([file('readme.md')])).toBe('readme.md');
});
