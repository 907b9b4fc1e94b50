/** A disk that is really full: of FrontendMaster and of the container, since both are on it here. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor, withProduct } from '@joh/testkit';
import { idePage } from './ide-page.ts';
import { enter, newPerson } from './person.ts';
import { expect, test } from './product-test.ts';

test.use({ actionTimeout: 20_000 });
test.setTimeout(120_000);

test('a full disk is said by name, loses nothing that was acknowledged, and heals', async ({
  page,
}) => {
  expect(process.getuid?.(), 'this test mounts a file system: run it as root').toBe(0);
  const dataDirectory = mkdtempSync(join(tmpdir(), 'joh-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', dataDirectory]);
  const ballast = join(dataDirectory, 'ballast');
  /** Fills what is left to the last byte. */
  const fill = () => {
    const block = Buffer.alloc(1024 * 1024, 1);
    for (const bytes of [block.length, 4096]) {
      try {
        for (;;) writeFileSync(ballast, block.subarray(0, bytes), { flag: 'a' });
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      }
    }
  };
  const environment = { JOH_ENGINE: 'local', JOH_POOL: 'standard=1/2,burst=0/0' };
  try {
    await withProduct(
      environment,
      async (product) => {
        const person = await newPerson(product.url, 'full');
        const { session, root } = await person.openProject('blinky');
        const ide = idePage(page);
        await enter(page, product.url, person);
        await page.goto(`${product.url}/ide/${session}`);
        await expect(page.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible();
        await ide.openFile('README.md');
        const readme = join(root, 'README.md');
        const before = readFileSync(readme, 'utf8');
        fill();

        // FrontendMaster: what is acknowledged is kept, what cannot be is refused by name.
        const acknowledged: string[] = [];
        let refused = 0;
        for (let number = 0; number < 40 && refused < 3; number += 1) {
          const name = `project-${number}`;
          const made = await person.call('POST', '/api/projects', { name, template: 'empty' });
          if (made.status === 200 || made.status === 201) acknowledged.push(name);
          else {
            refused += 1;
            expect(made.body.error).toMatchObject({
              code: 'E_STORE_FULL',
              message: 'The disk of FrontendMaster is full.',
              kept: 'Everything acknowledged before is kept.',
              todo: 'Free space in the data directory, then try again.',
            });
            expect(made.status).toBe(507);
          }
        }
        expect(refused).toBeGreaterThan(0);
        expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
        expect((await person.client.sessions.get(session)).state).toMatch(/ready|detached/);

        // The container: the old file stays whole, the editor keeps the new text.
        await ide.editor.click();
        await page.keyboard.press('Control+Home');
        await page.keyboard.insertText('more than fits '.repeat(200));
        await page.keyboard.press('Control+S');
        await expect(page.locator('.notification-toast').first()).toContainText('The disk is full');
        await expect(page.locator('.tab.dirty')).toHaveCount(1);
        expect(readFileSync(readme, 'utf8')).toBe(before);

        rmSync(ballast);
        await ide.editor.click();
        await page.keyboard.press('Control+S');
        await expect(page.locator('.tab.dirty')).toHaveCount(0);
        expect(readFileSync(readme, 'utf8')).toContain('more than fits more than fits');
        await person.client.projects.create({ name: 'after', template: 'empty' });
        await product.crashAndRestart();
        const { projects } = await person.client.projects.list();
        expect(projects.map(({ name }) => name).sort()).toEqual(
          ['after', 'blinky', ...acknowledged].sort(),
        );
        await page.close();
        await person.client.sessions.remove(session);
        await waitFor(async () => (await person.client.sessions.get(session)).state === 'closed', {
          deadlineMs: 30_000,
          what: 'it has ended',
          everyMs: 50,
        });
      },
      { dataDirectory },
    );
  } finally {
    // Lazily: a process that was just killed may still be on its way out.
    execFileSync('umount', ['-l', dataDirectory]);
    rmdirSync(dataDirectory);
  }
});
