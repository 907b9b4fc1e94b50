/** The desktop's own pages as a user drives them. */
import { expect, type Page } from '@playwright/test';
import { picture } from './picture.ts';

/** From the start page. */
export async function openFolder(page: Page, path: string): Promise<void> {
  await page.getByLabel('Path of a folder').fill(path);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/folder/*');
}

/** Answers the question of a folder that was never opened; the window then loads again. */
export async function trustFolder(page: Page): Promise<void> {
  const yes = page.getByRole('button', { name: 'Trust this folder' });
  await expect(yes).toBeVisible();
  await picture(page, 'question');
  const loaded = page.waitForEvent('load', { timeout: 60_000 });
  await yes.click();
  await loaded;
  // The last thing that such a window shows.
  await expect(page.locator('.xterm').first()).toBeVisible({ timeout: 60_000 });
}
