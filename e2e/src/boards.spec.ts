/** Boards behind WebUSB, simulated, in the Board view and under the tools of the IDE's terminal. */
import { join } from 'node:path';
import { systemClock } from '@joh/clock';
import { expect as baseExpect, type Page } from '@playwright/test';
import { connectBoard, type Desk, unmodifiedTools } from './board-desk.ts';
import { idePage } from './ide-page.ts';
import { enter, newPerson } from './person.ts';
import { picture } from './picture.ts';
import { expect, test } from './product-test.ts';
import { root } from './root.ts';
import { simulateUsb, type UsbHand } from './simulated-usb.ts';

/** A flash is written page by page, on a machine that may be busy. */
const slow = { timeout: 120_000 };

test.use({ actionTimeout: 60_000 });
test.setTimeout(600_000);

const image = 'build/top.bin';
const otherDevice = join(root, 'packages/bitstream/fixtures/hx8k-memory.bin');

test('boards on the desk: programmed by the Board view and by the terminal’s tools', async ({
  page,
  product,
}) => {
  const person = await newPerson(product.url, 'boards');
  const { session } = await person.openProject('blinky');
  try {
    await enter(page, product.url, person);
    const usb = await simulateUsb(page);
    await page.goto(`${product.url}/ide/${session}`);
    const desk = await sitDown(page, usb);
    await test.step('flash and SRAM through WebUSB', () => programs(desk));
    await test.step('what goes wrong has its page', () => misfortunes(desk));
    await test.step('unmodified tools in the terminal', () => unmodifiedTools(desk, image));
    await test.step('taking the board away, and reloading, ends a tool', () => endings(desk));
  } finally {
    await person.client.sessions.remove(session);
  }
});

async function sitDown(page: Page, usb: UsbHand): Promise<Desk> {
  await expect(page.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible(slow);
  await page.keyboard.press('Control+Shift+B');
  await expect(page.getByTestId('build-state')).toContainText(/Built in/, { timeout: 240_000 });
  await page.getByTestId('build-view').getByRole('button', { name: 'Program a board' }).click();
  return connectBoard(page, usb);
}

const program = async ({ view }: Desk, target: 'flash' | 'sram') => {
  const radio = view.getByTestId(`board-target-${target}`);
  if (!(await radio.isVisible())) await view.getByText('SRAM, after rewiring').click();
  await radio.check();
  await view.getByTestId('board-program').click();
  return view.getByTestId('board-result');
};

async function programs(desk: Desk): Promise<void> {
  const { usb, view } = desk;
  const flashed = await program(desk, 'flash');
  const equal = 'were read back and are equal';
  await expect(flashed.locator('[data-state=done]')).toContainText(equal, slow);
  baseExpect(await usb.state('icebreaker')).toMatchObject({ configured: true, source: 'flash' });
  // As sold it cannot load the FPGA; it says what to change.
  const refused = (await program(desk, 'sram')).getByRole('alert');
  await expect(refused).toContainText('J15 and J16');
  await usb.plug('icebreaker', { jumpers: 'sram' });
  const loaded = await program(desk, 'sram');
  await expect(loaded.locator('[data-state=done]')).toContainText('raised CDONE');
  baseExpect(await usb.state('icebreaker')).toMatchObject({ configured: true, source: 'sram' });
  await view.getByText('Programmed before').click();
  await expect(view.getByTestId('board-history').locator('li')).toHaveCount(3);
  await picture(desk.page, 'board-programmed');
}

async function misfortunes(desk: Desk): Promise<void> {
  const { usb, view, run } = desk;
  const alert = view.getByTestId('board-result').getByRole('alert');
  const fails = async (code: string, ...texts: readonly (string | RegExp)[]) => {
    await program(desk, 'flash');
    await expect(alert).toHaveAttribute('data-code', code);
    for (const text of texts) await expect(alert).toContainText(text);
  };
  await usb.plug('icebreaker', { faults: { openDenied: true } });
  await fails('E_BOARD_DENIED', 'Nothing was sent', /idVendor.*0403.*6010.*uaccess/);
  await picture(desk.page, 'board-denied');
  await usb.plug('icebreaker', { faults: { busy: true } });
  await fails('E_BOARD_BUSY', 'Nothing was sent', 'rmmod ftdi_sio');
  await usb.plug('icebreaker', { faults: { unplugAtTransfer: 100 } });
  await fails('E_BOARD_DISCONNECTED', 'may be half programmed', 'Plug iCEBreaker');
  await usb.plug('icebreaker', { jumpers: 'sram' });
  const again = await program(desk, 'sram');
  await expect(again.locator('[data-state=done]')).toBeVisible(slow);

  const before = await usb.transfers('icebreaker');
  await run(`cp ${image} build/good.bin && cp ${otherDevice} ${image}`);
  await fails('E_BITSTREAM_OTHER_DEVICE', 'HX8K', 'UP5K', 'Nothing was sent');
  await run(
    `cp build/good.bin ${image} && printf x | dd of=${image} bs=1 seek=50000 conv=notrunc status=none`,
  );
  await fails('E_BITSTREAM_UNREADABLE', 'checksum is wrong', 'Nothing was sent');
  await run(`mv build/good.bin ${image}`);
  baseExpect(await usb.transfers('icebreaker')).toBe(before);
}

async function endings(desk: Desk): Promise<void> {
  const { page, usb, view, run } = desk;
  // Its reads never end: only what happens here can end the tool.
  const hang = { jumpers: 'sram', faults: { hangAtTransfer: 30 } } as const;
  await usb.plug('icebreaker', hang);
  const running = run(`iceprog -S ${image}`);
  const use = view.getByTestId('board-use');
  await expect(use).toContainText(/^iceprog \(process \d+\) uses it\./);
  await picture(page, 'board-in-use');
  // The Board view does not push in.
  const alert = (await program(desk, 'sram')).getByRole('alert');
  await expect(alert).toHaveAttribute('data-code', 'E_BOARD_IN_USE');
  await expect(alert).toContainText('is used by iceprog');
  await use.getByRole('button', { name: 'Stop' }).click();
  baseExpect(await running).toMatch(/end-\d+ [1-9]/);
  await expect(use).toHaveCount(0);

  await usb.plug('icebreaker', hang);
  await view.locator('[data-device^="usb:0403"]').getByTestId('board-share').check();
  await idePage(page).inTerminal(`iceprog -S ${image}`);
  await expect(use).toBeVisible();
  // A server that takes its time: what the page has must outlive the wait for the next one.
  await page.route(page.url(), async (route) => {
    await systemClock().sleep(1500);
    await route.continue();
  });
  await page.reload();
  await page.unroute(page.url());
  // The same terminal, with what stood in it; and the tool does not wait for a board that is gone.
  await expect(page.locator('.xterm-rows').first()).toContainText('iceprog -S', slow);
  await expect(async () => {
    baseExpect(await run('! pgrep -x iceprog')).toMatch(/end-\d+ 0/);
  }).toPass(slow);
}
