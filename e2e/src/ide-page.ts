/** The workbench as a user drives it. */
import { expect, type Locator, type Page } from '@playwright/test';

export interface IdePage {
  /** A status bar item of ours, e.g. `session.cpu`. */
  status(id: string): Locator;
  /** Opens a file by quick open. */
  openFile(name: string): Promise<void>;
  /** The text area of the editor in front. */
  editor: Locator;
  /** Types a line into the terminal in front. */
  inTerminal(line: string): Promise<void>;
  terminal: Locator;
  /** Runs a command by its title. */
  command(title: string): Promise<void>;
}

/** Makes the handle; the page is at `/ide/<session>` already. */
export function idePage(page: Page): IdePage {
  const input = page.locator('.quick-input-widget input').first();
  const pick = async (text: string) => {
    await expect(
      page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first(),
    ).toBeVisible();
    await page.keyboard.press('Enter');
  };
  return {
    status: (id) => page.locator(`[id="joy-of-hardware.joh.${id}"]`),
    openFile: async (name) => {
      // A page that has just opened may not hear keys yet.
      await expect(async () => {
        await page.keyboard.press('Control+P');
        await input.fill(name, { timeout: 1_000 });
      }).toPass();
      await pick(name);
      await expect(page.locator(`.tab.active[data-resource-name="${name}"]`)).toBeVisible();
    },
    editor: page.locator('.editor-instance .view-lines').first(),
    terminal: page.locator('.xterm-rows').first(),
    inTerminal: async (line) => {
      await page.locator('.xterm').first().click();
      await page.keyboard.type(line);
      await page.keyboard.press('Enter');
    },
    command: async (title) => {
      await page.keyboard.press('F1');
      await input.fill(`>${title}`);
      await pick(title);
    },
  };
}
