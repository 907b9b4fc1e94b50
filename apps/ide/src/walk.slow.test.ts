/** A walk through the built IDE in a real browser, over a simulated session behind a real link. */
import { mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@joh/clock';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../simulated/project.ts';
import { type SimulatedServer, startSimulatedServer } from '../simulated/server.ts';

const home = fileURLToPath(new URL('..', import.meta.url));
const waitMs = 15_000;
/** Debian's own; `apt-get install chromium`. */
const executablePath = '/usr/bin/chromium';
const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let server: SimulatedServer;
let browser: Browser;
let page: Page;
/** What the page complained of; nothing may. */
const complaints: string[] = [];

beforeAll(async () => {
  await build({ root: home, logLevel: 'error' });
  server = await startSimulatedServer({
    clock: systemClock(),
    random: systemRandom(),
    dist: `${home}dist`,
    bitstream: new Uint8Array(
      readFileSync(`${home}../../packages/bitstream/fixtures/up5k-memory.bin`),
    ),
  });
  browser = await chromium.launch({ executablePath, args: flags });
  page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
  page.setDefaultTimeout(waitMs);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Looked at by people: `JOH_SCREENSHOTS=<folder>`. */
async function picture(name: string): Promise<void> {
  const folder = process.env.JOH_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}

const disk = (path: string) => new TextDecoder().decode(server.agent.files.read(`${root}/${path}`));
const shown = (locator: Locator) => locator.first().waitFor({ timeout: waitMs });
const until = (check: () => unknown) => expect.poll(check, { timeout: waitMs }).toBeTruthy();
const editor = () => page.locator('.editor-instance .view-lines').first();
const status = (id: string) => page.locator(`[id="joy-of-hardware.joh.${id}"]`);
const run = async (command: string) => {
  await page.keyboard.press('F1');
  await page.locator('.quick-input-widget input').first().fill(`>${command}`);
  await shown(page.locator('.quick-input-list .monaco-list-row', { hasText: command }));
  await page.keyboard.press('Enter');
};
const openFile = async (name: string) => {
  await page.keyboard.press('Control+P');
  await page.locator('.quick-input-widget input').first().fill(name);
  await shown(page.locator('.quick-input-list .monaco-list-row', { hasText: name }));
  await page.keyboard.press('Enter');
  await shown(page.locator(`.tab.active[data-resource-name="${name}"]`));
};

describe('the IDE', () => {
  it('opens with the sources, a file and a terminal', async () => {
    await page.goto(server.url);
    await shown(page.locator('.view-line', { hasText: 'Blinks the LEDs' }));
    await shown(page.getByRole('treeitem', { name: 'icebreaker.pcf' }));
    await shown(page.locator('.xterm-rows', { hasText: 'blinky' }));
    await until(() => page.title().then((title) => title.includes('ada/blinky')));
    expect(await page.locator('.mtk1').count()).toBeGreaterThan(0);
    await picture('1-open');
  });

  it('shows the session in the status bar', async () => {
    await shown(status('session.project').getByText('ada/blinky'));
    await shown(status('session.memory').getByText('RAM 1.3 / 8 GB'));
    await shown(status('git.branch').getByText('main'));
  });

  it('saves an edit, and marks it against the last commit', async () => {
    await editor().click();
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('// edited\n');
    await shown(page.locator('.tab.dirty'));
    await page.keyboard.press('Control+S');
    await until(() => disk('top.v').startsWith('// edited\n'));
    await page.locator('.tab.dirty').waitFor({ state: 'detached' });
    await shown(
      page.locator('.explorer-folders-view [aria-label*="top.v"][aria-label*="Modified"]'),
    );
  });

  it('does not overwrite what changed on disk meanwhile', async () => {
    await page.keyboard.type('// mine\n');
    server.agent.files.write(`${root}/top.v`, new TextEncoder().encode('// theirs\n'));
    await page.keyboard.press('Control+S');
    await shown(page.getByText(/newer|Compare/));
    await picture('2-conflict');
    expect(disk('top.v')).toBe('// theirs\n');
    await run('File: Revert File');
    await shown(page.locator('.view-line', { hasText: '// theirs' }));
    await page.keyboard.press('Escape');
    await run('Notifications: Clear All Notifications');
  });

  it('explains a full disk', async () => {
    server.agent.files.write(
      `${root}/full.v`,
      new TextEncoder().encode('module full; endmodule\n'),
    );
    await openFile('full.v');
    await editor().click();
    await page.keyboard.type('// more ');
    server.agent.setDiskFull(true);
    await page.keyboard.press('Control+S');
    await shown(page.locator('.notification-list-item', { hasText: 'The disk is full' }));
    await picture('3-disk-full');
    server.agent.setDiskFull(false);
    await page.keyboard.press('Control+S');
    await page.locator('.tab.dirty').waitFor({ state: 'detached' });
    await run('Notifications: Clear All Notifications');
  });

  it('types into a terminal that is still there after a reload', async () => {
    await page.locator('.xterm').click();
    await page.keyboard.type('echo hello-terminal');
    await page.keyboard.press('Enter');
    await shown(page.locator('.xterm-rows', { hasText: 'hello-terminal' }));
    await page.reload();
    await shown(page.locator('.xterm-rows', { hasText: 'hello-terminal' }));
    expect(server.agent.terminalCount()).toBe(1);
    await picture('4-terminal');
  });

  it('keeps unsaved text over a reload', async () => {
    await openFile('README.md');
    await editor().click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('unsaved words');
    await shown(page.locator('.tab.dirty'));
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_500)));
    await page.reload();
    await shown(page.locator('.tab.dirty', { hasText: 'README.md' }));
    await shown(page.locator('.view-line', { hasText: 'unsaved' }));
    await run('File: Revert File');
    await page.locator('.tab.dirty').waitFor({ state: 'detached' });
  });

  it('gives a new terminal the keyboard, unless the user goes on elsewhere', async () => {
    const focused = () => page.evaluate(() => document.activeElement?.closest('.xterm') !== null);
    await openFile('README.md');
    await editor().click();
    await page.keyboard.press('Control+Shift+Backquote');
    await until(focused);
    await editor().click();
    await page.keyboard.press('Control+Shift+Backquote');
    await editor().click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('going on');
    await until(() => server.agent.terminalCount() === 3);
    await shown(page.locator('.xterm-rows:visible', { hasText: 'blinky' }));
    expect(await focused()).toBe(false);
    await shown(page.locator('.view-line', { hasText: 'going' }));
    await run('File: Revert File');
    await page.locator('.tab.dirty').waitFor({ state: 'detached' });
  });

  it('searches in files by the agent', async () => {
    await page.keyboard.press('Control+Shift+F');
    await page.locator('.search-view textarea').first().fill('always_ff');
    await shown(page.locator('.search-view').getByText('1 result in 1 file'));
    await picture('5-search');
  });

  it('lists, compares, stages and commits changes', async () => {
    await page.keyboard.press('Control+Shift+G');
    const row = page.locator('.scm-view .monaco-list-row', { hasText: 'top.v' });
    await shown(row);
    await row.first().click();
    await shown(page.locator('.diff-editor, .monaco-diff-editor'));
    await picture('6-source-control');
    await row.first().hover();
    await row.first().getByRole('button', { name: 'Stage Changes' }).click();
    await shown(page.locator('.scm-view').getByText('Staged Changes'));
    await page.locator('.scm-view .scm-editor').click();
    await page.keyboard.type('walk: edit the top');
    await page.keyboard.press('Control+Enter');
    await until(async () => (await row.count()) === 0);
  });

  it('marks what a language server finds', async () => {
    server.agent.files.write(
      `${root}/todo.v`,
      new TextEncoder().encode('// TODO: later\nmodule todo; endmodule\n'),
    );
    await openFile('todo.v');
    await shown(page.locator('.squiggly-warning'));
  });

  it('shows a failed build with its problem', async () => {
    server.agent.files.write(`${root}/top.v`, new TextEncoder().encode('module top;\nbroken\n'));
    await page.keyboard.press('Control+Shift+B');
    await shown(page.getByTestId('build-state').getByText('Build failed: 1 error'));
    await shown(page.getByTestId('build-problems').getByText('syntax error'));
    await picture('7-build-failed');
    await page.getByTestId('build-problems').getByRole('button').first().click();
    await shown(page.locator('.squiggly-error'));
    await shown(status('build.state').getByText('Build failed'));
  });

  it('builds, and shows use and clock', async () => {
    server.agent.files.write(`${root}/top.v`, new TextEncoder().encode('module top; endmodule\n'));
    await page.getByTestId('build-button').click();
    await shown(page.getByTestId('build-state').getByText('Built in'));
    await shown(page.getByTestId('build-utilisation').getByText('52 / 5280'));
    await shown(page.getByTestId('build-view').getByText('63.4 MHz'));
    await picture('8-built');
  });

  it('programs the simulated board and says how it was verified', async () => {
    await page.getByTestId('build-view').getByRole('button', { name: 'Program a board' }).click();
    await shown(page.getByTestId('board-fit').getByText('Fits'));
    for (const target of ['flash', 'sram']) {
      await page.getByTestId(`board-target-${target}`).check();
      await page.getByTestId('board-program').click();
      await shown(page.getByTestId('board-result').locator('[data-state=done]'));
      await picture(`9-programmed-${target}`);
    }
  });

  it('says that a cut keeps typing, and goes on by itself', async () => {
    server.cut();
    const banner = page.getByTestId('connection-banner');
    await banner.waitFor({ timeout: 3_000 });
    expect(await banner.textContent()).toContain('unsaved text is kept');
    await picture('10-cut');
    server.reconnect();
    await banner.waitFor({ state: 'hidden' });
  });

  it('has a light theme', async () => {
    await page.keyboard.press('Control+K');
    await page.keyboard.press('Control+T');
    const row = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Daylight' });
    await page.locator('.quick-input-widget input').first().fill('Daylight');
    await row.first().click();
    await until(() =>
      page.evaluate(
        () =>
          getComputedStyle(
            document.querySelector('.editor-container .monaco-editor') ?? document.body,
          ).backgroundColor === 'rgb(255, 253, 249)',
      ),
    );
    await picture('11-daylight');
  });

  it('says what a close would lose, then leaves', async () => {
    await run('Session: Close Session');
    const dialog = page.locator('.monaco-dialog-box');
    await shown(dialog.getByText('only what is pushed is kept'));
    await picture('12-close');
    await dialog.getByRole('button', { name: 'Close session', exact: true }).click();
    await page.waitForURL(/\/projects$/);
    expect(server.closed()).toBe(true);
  });

  it('never complained but of what was done to it', () => {
    const provoked =
      /WebSocket connection to|ERR_EMPTY_RESPONSE|Failed to load resource|Canceled|Failed to save/;
    expect(complaints.filter((text) => !provoked.test(text))).toEqual([]);
  });
});
