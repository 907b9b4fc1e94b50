/** A computer built in the product, programmed into the simulated board, and talked to. */
import type { Page } from '@playwright/test';
import { idePage } from './ide-page.ts';
import { enter, newPerson } from './person.ts';
import { picture } from './picture.ts';
import { expect, test } from './product-test.ts';

// Place and route takes 15 s on two cores that do nothing else, compiling for the picture 10 s.
test.setTimeout(600_000);

/** What the times that are shown may be behind where many share the processor. */
const staleSeconds = 1;

test('the computer of the template lives on the virtual board', async ({ page, product }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const person = await newPerson(product.url, 'virtual');
  const { session } = await person.openProject('computer', 'icebreaker-soc');
  const board = page.getByTestId('virtual-board');
  const said = board.getByTestId('uart-screen').locator('.xterm-rows');
  try {
    await enter(page, product.url, person);
    await page.goto(`${product.url}/ide/${session}`);

    await test.step('build it', async () => {
      await expect(page.getByRole('treeitem', { name: 'joh.json' })).toBeVisible();
      await page.keyboard.press('Control+Shift+B');
      await expect(page.getByTestId('build-state')).toContainText('Built in', { timeout: 290_000 });
      await page.getByTestId('build-view').getByRole('button', { name: 'Program a board' }).click();
    });

    await test.step('program the simulated board: its lights and its serial port', async () => {
      await program(page);
      await expect(said).toContainText('Hello from RISC-V', { timeout: 180_000 });
      await expect(board.getByTestId('virtual-board-times')).toContainText(/simulated [\d.]+ s of/);
      await expect(board.getByTestId('virtual-board-speed')).toContainText(/real time/);
      await shines(page, 'LED1');
      await picture(page, 'virtual-board');
    });

    await test.step('talk to it', async () => {
      await board.locator('.xterm').click();
      await page.keyboard.type('good morning');
      await page.keyboard.press('Enter');
      await expect(said).toContainText('You wrote: good morning', { timeout: 60_000 });
    });

    await test.step('out of sight it stands still, and says so', async () => {
      const times = board.getByTestId('virtual-board-times');
      const wallSeconds = async () =>
        Number(/of (?:(\d+) min )?([\d.]+) s/.exec((await times.textContent()) ?? '')?.[2]);
      const panel = page.locator('.part.panel');
      const began = performance.now();
      const left = await wallSeconds();
      await panel.getByRole('tab', { name: 'Terminal' }).click();
      await expect(board).toBeHidden();
      await idePage(page).inTerminal('sleep 3; echo sle"pt"');
      await expect(panel.locator('.xterm-rows').first()).toContainText('slept');
      await panel.getByRole('tab', { name: 'Virtual Board' }).click();
      await expect(board.getByTestId('virtual-board-notes')).toContainText(/It stood still for \d/);
      // However long the rest took: the three seconds of the sleep are not in it.
      const ran = (await wallSeconds()) - left;
      expect(ran).toBeLessThan((performance.now() - began) / 1000 - 3 + staleSeconds);
      await expect.poll(wallSeconds, { timeout: 30_000 }).toBeGreaterThan(left + 2);
      await picture(page, 'virtual-board-stood');
    });

    await test.step('a button stops its lights, a restart makes it greet again', async () => {
      await board.getByTestId('virtual-board-reset').click();
      await expect(said).toContainText(/You wrote[\s\S]*Hello/, { timeout: 60_000 });
      const button = board.locator('[data-button=BTN1]');
      await button.hover();
      await page.mouse.down();
      await expect(button).toHaveAttribute('aria-pressed', 'true');
      await page.mouse.up();
      await board.getByTestId('virtual-board-pause').click();
      await expect(board.getByTestId('virtual-board-pause')).toHaveAttribute('data-paused', 'true');
    });

    await test.step('the same design again is there at once', async () => {
      await program(page);
      await expect(board.getByTestId('virtual-board-times')).toContainText('simulated', {
        timeout: 20_000,
      });
      await shines(page, 'LED1');
    });
    expect(errors.filter((text) => !/Canceled/.test(text))).toEqual([]);
  } finally {
    await person.client.sessions.remove(session);
  }
});

async function program(page: Page): Promise<void> {
  await page.getByTestId('board-program').click();
  await expect(page.getByTestId('board-result').locator('[data-state=done]')).toBeVisible({
    timeout: 120_000,
  });
}

/** At some moment it is lit; it blinks every half second of the design's time. */
async function shines(page: Page, id: string): Promise<void> {
  const light = page.locator(`[data-light=${id}]`);
  await expect
    .poll(async () => Number(await light.getAttribute('data-part')), { timeout: 120_000 })
    .toBeGreaterThan(0.5);
}
