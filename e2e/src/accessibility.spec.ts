/** The website and the IDE for people who do not see well, or use no mouse. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { idePage } from './ide-page.ts';
import { picture } from './picture.ts';
import { expect, test } from './product-test.ts';
import { sessionOf, signOut } from './website-pages.ts';

/** WCAG 2.2, levels A and AA. */
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** VS Code's own, in its tabs, its toolbars and its count of problems; screen readers are told in other ways. */
const workbenchRules = ['nested-interactive', 'aria-prohibited-attr', 'target-size'];
const workbenchParts = ['.statusbar-item-label[aria-label="No Problems"]'];

/** What axe has against the page, each as its rule and its place. */
async function violations(page: Page, { isIde = false } = {}): Promise<string[]> {
  const axe = new AxeBuilder({ page }).withTags(rules);
  if (isIde) {
    axe.disableRules(workbenchRules);
    for (const part of workbenchParts) axe.exclude(part);
  }
  const { violations: found, passes } = await axe.analyze();
  expect(passes.length).toBeGreaterThan(5);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
  );
}

/** Presses Tab until what has the focus is called so, or more, as a person without a mouse does. */
async function tabTo(page: Page, role: 'button' | 'link' | 'textbox', name: string) {
  const wanted = page.getByRole(role, { name: new RegExp(`^${name}`) }).first();
  await expect(wanted).toBeVisible();
  for (let presses = 0; presses < 40; presses += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not come to the ${role} "${name}"`);
}

test('from sign-up to a programmed board by the keyboard alone, every page fit for screen readers', async ({
  page,
  product,
}) => {
  const { url } = product;
  const isFit = async () => {
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violations(page)).toEqual([]);
    }
  };
  for (const path of ['/sign-in', '/nowhere', '/phone', '/']) {
    await page.goto(url + path);
    await isFit();
  }
  await tabTo(page, 'link', 'Sign up');
  await page.keyboard.press('Enter');
  await tabTo(page, 'textbox', 'E-mail');
  await page.keyboard.type('reader@example.com');
  await tabTo(page, 'textbox', 'Name');
  await page.keyboard.type('reader');
  await tabTo(page, 'textbox', 'Password');
  await page.keyboard.type('correct horse battery');
  await isFit();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/projects');
  await isFit();
  await page.goto(`${url}/operator`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await isFit();
  await page.goto(`${url}/projects`);
  await tabTo(page, 'textbox', 'Name');
  await page.keyboard.type('by-keyboard');
  await tabTo(page, 'button', 'Create and open');
  await page.keyboard.press('Enter');
  await sessionOf(page);

  const ide = idePage(page);
  await ide.openFile('top.v');
  await expect(page.locator('.view-line', { hasText: 'module top' }).first()).toBeVisible();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('// by reader\n');
  await page.keyboard.press('Control+S');
  await expect(page.locator('.tab.dirty')).toHaveCount(0);
  await page.keyboard.press('Control+Shift+B');
  await expect(page.getByTestId('build-state')).toContainText(/Built in \d/, { timeout: 120_000 });
  expect(await violations(page, { isIde: true })).toEqual([]);
  await ide.command('Program a Board');
  await expect(page.getByTestId('board-fit')).toContainText('Fits');
  await tabTo(page, 'button', 'Program');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('board-result').locator('[data-state=done]')).toBeVisible({
    timeout: 60_000,
  });
  expect(await violations(page, { isIde: true })).toEqual([]);
  await page.keyboard.press('Control+K');
  await page.keyboard.press('Control+T');
  await expect(page.locator('.quick-input-list', { hasText: 'Daylight' })).toBeVisible();
  await page.keyboard.type('Daylight');
  await page.keyboard.press('Enter');
  await expect(page.locator('.monaco-workbench.vs')).toBeVisible();
  expect(await violations(page, { isIde: true })).toEqual([]);
  await picture(page, 'daylight');
  await signOut(page, url);
});
