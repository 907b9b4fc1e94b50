import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@joh/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { projectsConformance } from './conformance.ts';
import { loadTemplates } from './templates.ts';

projectsConformance(() => ({ location: { file: ':memory:' }, end: () => undefined }));

describe('templates', () => {
  it('are read from the product itself, with what every session needs', async () => {
    const templates = await loadTemplates(join(import.meta.dirname, '../../../../templates'));
    expect(templates.all.map((one) => one.id)).toContain('empty');
    expect(templates.all.at(-1)?.board).toBeNull();
    for (const { id } of templates.all) {
      const paths = (await templates.files(id)).map((file) => file.path);
      expect(paths).toEqual(expect.arrayContaining(['shell.nix', 'default.nix']));
    }
    const unknown = await templates.files('gone');
    expect(unknown).toEqual(await templates.files('empty'));
  });

  it('that are malformed are named', async () => {
    const folder = await temporaryFolder('joh-templates');
    onTestFinished(folder.remove);
    await mkdir(join(folder.path, 'broken'));
    await writeFile(join(folder.path, 'broken', 'template.json'), '{"id": "broken"}');
    await expect(loadTemplates(folder.path)).rejects.toThrow(/template broken: .*title/s);
  });
});
