/** default.nix built from the Build view: what is seen of it, its result, and an error in it. */
import type { Page } from '@playwright/test';
import { idePage } from './ide-page.ts';
import { expect, test } from './nix-product-test.ts';
import { enter, newPerson } from './person.ts';
import { picture } from './picture.ts';

// The packages are built by the first session that wants them, which takes half a minute once.
const buildMs = 180_000;

test('default.nix is built from the Build view', async ({ page, product }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const person = await newPerson(product.url, 'nixer');
  const { session } = await person.openProject('blinky');
  const ide = idePage(page);
  const view = page.getByTestId('build-view');
  const state = page.getByTestId('build-state');
  try {
    await enter(page, product.url, person);
    await page.goto(`${product.url}/ide/${session}`);
    await expect(page.getByRole('treeitem', { name: 'default.nix' })).toBeVisible();

    await test.step('choose nix-build, and watch it', async () => {
      // No earlier run has built this.
      await typeBefore(page, `// ${Date.now()}\n`);
      await ide.command('Focus on Build View');
      await page.getByTestId('build-builder').selectOption('nix-build');
      await page.getByTestId('build-button').click();
      await expect(state).toContainText(/\d of \d+ built/, { timeout: buildMs });
      const stage = view.locator('summary', { hasText: 'icebreaker-blinky' });
      await stage.click({ timeout: buildMs });
      await picture(page, 'nix-building');
      await expect(state).toContainText(/Built in/, { timeout: buildMs });
      await expect(page.getByTestId('build-nix')).toContainText(/\d built/);
      await expect(view.locator('.joh-log', { hasText: 'PASS' })).toBeVisible();
      await picture(page, 'nix-built');
    });

    await test.step('look into the result', async () => {
      await view.getByRole('button', { name: 'Show the result' }).click();
      const result = page.getByRole('treeitem', { name: 'result' });
      await expect(result).toHaveAttribute('aria-selected', 'true');
      await result.click();
      await expect(page.getByRole('treeitem', { name: 'top.bin' })).toBeVisible();
      await picture(page, 'nix-result');
    });

    await test.step('offer it to a board', async () => {
      await view.getByRole('button', { name: 'Program a board' }).click();
      await expect(page.getByTestId('board-fit')).toContainText('Fits');
    });

    await test.step('an error of a tool is at its line of the project', async () => {
      await ide.openFile('top.v');
      await typeBefore(page, 'wire nowhere = ;\n');
      await page.getByTestId('build-button').click();
      await expect(state).toContainText('Build failed: 1 error', { timeout: buildMs });
      await expect(page.getByTestId('build-problems')).toContainText('top.v:');
      await picture(page, 'nix-failed');
    });

    await test.step('so is one of Nix', async () => {
      await ide.openFile('default.nix');
      await typeBefore(page, 'nothing: nowhere;\n');
      await page.getByTestId('build-button').click();
      await expect(page.getByTestId('build-problems')).toContainText('default.nix:1');
      await expect(state).toContainText('Build failed: 1 error');
      await picture(page, 'nix-evaluation-failed');
    });
  } finally {
    await person.closeSession(session);
  }
  expect(errors).toEqual([]);
});

async function typeBefore(page: Page, text: string): Promise<void> {
  await page.locator('.editor-instance .view-lines').first().click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type(text);
}
