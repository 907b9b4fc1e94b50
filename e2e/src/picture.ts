/** With `JOH_PICTURES=<folder>` the pages are kept as pictures to look at. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Page, test } from '@playwright/test';

export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.JOH_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${test.info().project.name}-${name}.png`) });
}
