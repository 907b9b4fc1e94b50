import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Template, template } from '@joh/protocol';
import { z } from 'zod';
import type { RepositoryFile } from '#repositories';

/** What a project can start from: folders with `template.json` and `files/`. */
export interface Templates {
  /** Those with a board first, then by title. */
  readonly all: readonly Template[];
  find(id: string): Template | undefined;
  files(id: string): Promise<readonly RepositoryFile[]>;
}

/** A template that a project is made from when its own is no longer there. */
const fallback = 'empty';

/** Reads the folder of templates. @throws when one is malformed: the message names it. */
export async function loadTemplates(folder: string): Promise<Templates> {
  const entries = await readdir(folder, { withFileTypes: true });
  const all: Template[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const text = await readFile(join(folder, name, 'template.json'), 'utf8');
    const parsed = template.safeParse(JSON.parse(text));
    if (!parsed.success) throw new Error(`template ${name}: ${z.prettifyError(parsed.error)}`);
    if (parsed.data.id !== name) throw new Error(`template ${name}: its id is "${parsed.data.id}"`);
    all.push(parsed.data);
  }
  all.sort((a, b) => Number(!a.board) - Number(!b.board) || a.title.localeCompare(b.title));
  const find = (id: string) => all.find((one) => one.id === id);
  return {
    all,
    find,
    files: (id) => readFiles(join(folder, find(id) ? id : fallback, 'files')),
  };
}

async function readFiles(folder: string): Promise<RepositoryFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: RepositoryFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    const { mode } = await stat(full);
    files.push({
      path: full.slice(folder.length + 1),
      content: await readFile(full),
      isExecutable: (mode & 0o100) !== 0,
    });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}
