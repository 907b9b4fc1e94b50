/** The main job, as docs/life-of-a-session.md tells it: the steps have its headings. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { idePage } from './ide-page.ts';
import { picture } from './picture.ts';
import { expect, test } from './product-test.ts';
import { root } from './root.ts';

const walked: string[] = [];

test('the life of a session', async ({ page, place }) => {
  const pageErrors: string[] = [];
  page.on('pageerror', (error) => pageErrors.push(error.message));
  const ide = idePage(page);
  /** Null: there is no such step here, as docs/desktop.md lists. */
  const step = async (title: string, walk: (() => Promise<void>) | null) => {
    walked.push(title);
    if (walk) await test.step(title, walk);
  };

  await step('Sign up', place.signUp);
  await step('Create a project from a template', place.create);
  await step('Open it: a warm container is claimed', place.open);

  await step('See the files', async () => {
    await expect(page.locator('.view-line', { hasText: 'module top' }).first()).toBeVisible();
    await expect(page.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible();
    await expect(page.getByRole('treeitem', { name: 'shell.nix' })).toBeVisible();
    await picture(page, 'ide');
  });

  await step('Edit with completions', async () => {
    await ide.openFile('top.v');
    await ide.editor.click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('// by walker\n');
    await page.keyboard.press('Control+End');
    // The server needs a moment to index; asking again is what a person does.
    await page.keyboard.type(
      '\nmodule extra(input wire signal_in, output wire signal_out);\n  assign signal_out = sig',
    );
    const suggestion = page.locator('.suggest-widget .monaco-list-row', { hasText: 'signal_in' });
    await expect(async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+Space');
      await expect(suggestion.first()).toBeVisible({ timeout: 2_000 });
    }).toPass();
    await picture(page, 'completion');
    await suggestion.first().click();
    await page.keyboard.type(';\nendmodule\n');
  });

  await step('Use a terminal', async () => {
    await ide.inTerminal('echo "in $(basename $PWD) as $(git config user.name)"');
    await expect(ide.terminal).toContainText('in blinky as walker');
  });

  await step('Watch CPU and memory', async () => {
    await expect(ide.status('session.cpu')).toContainText(/CPU/);
    await expect(ide.status('session.memory')).toContainText(/RAM [\d.]+ \/ [\d.]+ [MG]B/);
  });

  await step('Save, commit and push', async () => {
    await ide.editor.click();
    await page.keyboard.press('Control+S');
    await expect(page.locator('.tab.dirty')).toHaveCount(0);
    await ide.inTerminal('git commit -qam "A module more" && git push -q && echo pushed-$((40+2))');
    await expect(ide.terminal).toContainText('pushed-42');
  });

  await step('Build a bitstream', async () => {
    await page.keyboard.press('Control+Shift+B');
    await expect(page.getByTestId('build-state')).toContainText(/Built in \d/, {
      timeout: 120_000,
    });
    await picture(page, 'built');
  });

  await step('Program the simulated board', async () => {
    await page.getByTestId('build-view').getByRole('button', { name: 'Program a board' }).click();
    await expect(page.getByTestId('board-fit')).toContainText('Fits');
    await page.getByTestId('board-program').click();
    await expect(page.getByTestId('board-result').locator('[data-state=done]')).toBeVisible({
      timeout: 60_000,
    });
    await picture(page, 'programmed');
  });

  await step('Sign out: the container is destroyed', place.leave);

  await step('Sign in again: the work is there', async () => {
    await place.comeBack();
    await expect(page.getByRole('treeitem', { name: 'joh.json' })).toBeVisible();
    await ide.openFile('top.v');
    // It opens where it was left, at the end.
    await ide.editor.click();
    await page.keyboard.press('Control+Home');
    await expect(page.locator('.view-line', { hasText: '// by walker' }).first()).toBeVisible();
    await place.end();
  });

  expect(pageErrors.filter((text) => !/Canceled/.test(text))).toEqual([]);
});

test('the story in the docs has the steps of the walk', () => {
  const story = readFileSync(join(root, 'docs', 'life-of-a-session.md'), 'utf8');
  expect([...story.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(walked);
});
