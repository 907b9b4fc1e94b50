/** Pictures of windows, for people who look at them: kept in the folder `JOH_PICTURES`, if it is set. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebDriver } from './web-driver.ts';

export async function picture(name: string, driver: WebDriver): Promise<void> {
  const folder = process.env.JOH_PICTURES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `desktop-${name}.png`), await driver.screenshot());
}
