/** A board on the desk of a person who has the IDE open: connected in the Board view, reached by tools. */
import { expect, type Page } from '@playwright/test';
import { idePage } from './ide-page.ts';
import type { UsbHand } from './simulated-usb.ts';

export interface Desk {
  page: Page;
  usb: UsbHand;
  view: ReturnType<Page['getByTestId']>;
  /** Runs a command in the terminal; the text of the terminal after it. */
  run(command: string): Promise<string>;
}

/** Plugs an iCEBreaker in, connects it in the Board view, which is open, and opens a terminal. */
export async function connectBoard(page: Page, usb: UsbHand): Promise<Desk> {
  const view = page.getByTestId('board-view');
  await usb.plug('icebreaker');
  await usb.pick('icebreaker');
  await view.getByTestId('board-connect').click();
  await expect(view.getByTestId('board-select').locator('option')).toContainText([
    'iCEBreaker (ICE0042)',
  ]);
  await view.getByTestId('board-select').selectOption({ label: 'iCEBreaker (ICE0042)' });
  const ide = idePage(page);
  await page.keyboard.press('Control+`');
  await expect(page.locator('.xterm').first()).toBeVisible();
  let count = 0;
  return {
    page,
    usb,
    view,
    run: async (command) => {
      count += 1;
      // The terminal's echo has the mark in two pieces, the output in one.
      await ide.inTerminal(`clear; ${command}; echo en"d"-${count} $?`);
      await expect(ide.terminal).toContainText(`end-${count} `, { timeout: 120_000 });
      return (await ide.terminal.textContent())?.replaceAll('\u00a0', ' ') ?? '';
    },
  };
}

/** openFPGALoader, iceprog and dfu-util of the session program the boards; `image` is for an UP5K. */
export async function unmodifiedTools(desk: Desk, image: string): Promise<void> {
  const { page, usb, view, run } = desk;
  await usb.plug('icebreaker', { jumpers: 'sram' });
  const load = `openFPGALoader -b ice40_generic -m ${image}`;
  expect(await run(load)).toMatch(/connected, but not shared .*Use from the terminal/s);
  const device = (id: string) => view.locator(`[data-device^="usb:${id}"]`);
  await device('0403:6010').getByTestId('board-share').check();
  expect(await run(load)).toMatch(/end-\d+ 0/);
  expect(await usb.state('icebreaker')).toMatchObject({ configured: true, source: 'sram' });
  await usb.plug('icebreaker', { jumpers: 'sram' });
  expect(await usb.state('icebreaker')).toMatchObject({ configured: false });
  expect(await run(`iceprog -S ${image}`)).toMatch(/cdone: high.*end-\d+ 0/s);
  expect(await usb.state('icebreaker')).toMatchObject({ configured: true, source: 'sram' });

  await usb.plug('fomu');
  await usb.pick('fomu');
  await page.getByTestId('board-connect-any').click();
  await device('1209:5bf0').getByTestId('board-share').check();
  // 74: it asks for a status after the end, and the bootloader has gone, as on the real board.
  expect(await run(`dfu-util -d 1209:5bf0 -D ${image}`)).toMatch(/Download done.*end-\d+ 74/s);
  expect(await usb.state('fomu')).toMatchObject({ configured: true });
}
