/** The desktop and FrontendMaster: signing in by the browser, cloning and pushing back, a session in its window. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionId } from '@joh/protocol';
import { type Product, temporaryFolder, waitFor } from '@joh/testkit';
import type { Page } from '@playwright/test';
import { type DesktopAgent, startDesktopAgent } from './desktop-agent.ts';
import { trustFolder } from './desktop-pages.ts';
import { type IdePage, idePage } from './ide-page.ts';
import { type ApiPerson, enter, newPerson } from './person.ts';
import { picture } from './picture.ts';
import { test as base, expect } from './product-test.ts';

interface Home {
  path: string;
  data: string;
  /** The agent of this computer, with a simulated board at it. */
  agent: DesktopAgent;
}

const test = base.extend<{ home: Home }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures off the pattern.
  home: async ({}, use) => {
    const { path, remove } = await temporaryFolder('joh-home');
    const data = join(path, 'data');
    const environment = { JOH_SIMULATED_USB: 'icebreaker' };
    const agent = await startDesktopAgent({ data, environment });
    try {
      await use({ path, data, agent });
    } finally {
      await agent.quit();
      await remove();
    }
  },
});

test.use({ actionTimeout: 60_000 });

/** On the start page; the person is signed in in another page of the browser. */
async function signInFrom(
  page: Page,
  agent: DesktopAgent,
  { url }: Product,
  person: ApiPerson,
): Promise<void> {
  const browser = await page.context().newPage();
  await enter(browser, url, person);
  await page.goto(agent.url);
  await page.getByLabel('Address of your Joy of Hardware').fill(url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  // The shell shows the address in the system's browser, where the person is signed in.
  await expect.poll(() => agent.requests.at(-1)?.kind).toBe('open-external');
  const asked = agent.requests.at(-1);
  await browser.goto(asked?.kind === 'open-external' ? asked.url : '');
  await browser.getByRole('button', { name: 'Allow' }).click();
  await expect(page.getByTestId('cloud-projects')).toBeVisible();
  await browser.close();
}

test('a project of the cloud is cloned on the desktop, and pushed back', async ({
  page,
  product,
  home,
}) => {
  const person = await newPerson(product.url, 'desk');
  await person.openProject('lamp');
  const { agent, data } = home;
  await signInFrom(page, agent, product, person);
  // What is lost by it is asked about.
  const row = page.getByTestId('cloud-lamp');
  await expect(row).toContainText('running');
  await row.getByRole('button', { name: 'Close the session of lamp' }).click();
  await row.getByRole('button', { name: 'Close? What is not pushed is lost.' }).click();
  await expect(row).not.toContainText('running');
  const clone = page.getByRole('button', { name: 'Clone lamp' });
  await page.getByLabel('Folder that clones go into').fill(home.path);
  await clone.click();
  await page.waitForURL('**/folder/*');
  await trustFolder(page);
  const ide = idePage(page);
  await ide.inTerminal(
    'git -c user.name=desk -c user.email=desk@example.org commit -q --allow-empty -m "From the desktop" && git push -q && echo pushed-$((40+2))',
  );
  await expect(ide.terminal).toContainText('pushed-42');

  const lamp = join(home.path, 'lamp');
  const token = JSON.parse(readFileSync(join(data, 'cloud.json'), 'utf8')).token as string;
  expect(readFileSync(join(lamp, '.git/config'), 'utf8')).not.toContain(token);
  for (const name of ['cloud.json', 'cloud.gitconfig'])
    expect(statSync(join(data, name)).mode & 0o077).toBe(0);
  // A second clone changes nothing of the first.
  await page.goto(`${agent.url.split('#')[0]}start`);
  writeFileSync(join(lamp, 'mine.txt'), 'mine');
  await page.getByLabel('Folder that clones go into').fill(home.path);
  await clone.click();
  await expect(page.getByTestId('start-problem')).toContainText('lamp');
  expect(existsSync(join(lamp, 'mine.txt'))).toBe(true);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByLabel('Address of your Joy of Hardware')).toBeVisible();
  const push = () => execFileSync('git', ['push', '-q'], { cwd: lamp, stdio: 'pipe', env: quiet });
  expect(push).toThrow();
});

const quiet = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true' };

test('a session of the cloud in the desktop’s window, with the board of the desk', async ({
  page,
  product,
  home,
}) => {
  const person = await newPerson(product.url, 'harbour');
  await person.client.projects.create({ name: 'lamp', template: 'icebreaker-blinky' });
  await signInFrom(page, home.agent, product, person);
  await picture(page, 'desktop-cloud');
  const ide = idePage(page);
  const { session, root } = await test.step('opened from the start page', () =>
    openLamp(page, person));
  await test.step('its files and its terminal are the container’s', () =>
    workThere(ide, page, root));
  await test.step('the palette opens another window of it', () => openAnother(ide, page, home));
  await test.step('a board of this computer: by the view, and by a tool in the container', () =>
    programDesk(ide, page));
  await test.step('unsaved text is this computer’s, through a restart of FrontendMaster', () =>
    unsaved(ide, page, product, home));
  await test.step('closed: the container is gone', () => closeThere(ide, page, person, session));
  await test.step('what cannot be opened says why', () => refusals(page, product, session));
});

async function openLamp(page: Page, person: ApiPerson) {
  await page.getByRole('button', { name: 'Open lamp in the cloud', exact: true }).click();
  await page.waitForURL('**/session/session_*');
  const { sessions } = await person.client.sessions.list();
  const session = sessions.find(({ state }) => state !== 'closed');
  expect(page.url()).toContain(`/session/${session?.id}`);
  await expect(page.locator('.view-line', { hasText: 'module top' }).first()).toBeVisible();
  const id = session?.id as SessionId;
  return { session: id, root: (await person.client.sessions.get(id)).root ?? '' };
}

async function workThere(ide: IdePage, page: Page, root: string): Promise<void> {
  await expect(ide.status('session.project')).toContainText('harbour/lamp');
  await expect(page.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible();
  await ide.openFile('top.v');
  await ide.editor.click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('// from the desktop\n');
  await page.keyboard.press('Control+S');
  await expect(page.locator('.tab.dirty')).toHaveCount(0);
  expect(readFileSync(join(root, 'src/top.v'), 'utf8')).toContain('// from the desktop');
  await ide.inTerminal('clear; pwd; head -1 src/top.v');
  await expect(ide.terminal).toContainText(root.slice(-20));
  await expect(ide.terminal).toContainText('// from the desktop');
  await picture(page, 'desktop-session');
  await page.keyboard.press('Control+Shift+B');
  await expect(page.getByTestId('build-state')).toContainText(/Built in \d/, { timeout: 120_000 });
}

async function openAnother(ide: IdePage, page: Page, { agent }: Home): Promise<void> {
  await ide.command('Session: Open a Project in the Cloud');
  const row = page.locator('.quick-input-list .monaco-list-row', { hasText: 'lamp' });
  await expect(row).toContainText('harbour, running');
  await picture(page, 'desktop-session-palette');
  await row.hover();
  await row.getByRole('button', { name: 'Open in a new window' }).click();
  // The shell shows the window that has the page already.
  const path = new URL(page.url()).pathname;
  await expect.poll(() => agent.requests.at(-1)).toMatchObject({ kind: 'new-window', path });
}

async function programDesk(ide: IdePage, page: Page): Promise<void> {
  await ide.command('FPGA: Program a Board');
  const view = page.getByTestId('board-view');
  await view.getByTestId('board-select').selectOption({ label: 'iCEBreaker (ICE0042)' });
  await expect(view.getByTestId('board-fit')).toContainText('Fits');
  if (!(await view.getByTestId('board-target-sram').isVisible()))
    await view.getByText('SRAM, after rewiring').click();
  await view.getByTestId('board-target-sram').check();
  await view.getByTestId('board-program').click();
  const done = view.getByTestId('board-result').locator('[data-state=done]');
  await expect(done).toContainText('raised CDONE');
  await view.locator('[data-device^="usb:0403"]').getByTestId('board-share').check();
  // The build's view is where the terminal was.
  await page.keyboard.press('Control+`');
  await ide.inTerminal('clear; iceprog -S build/top.bin; echo en"d" $?');
  await expect(ide.terminal).toContainText('end 0', { timeout: 60_000 });
  await expect(ide.terminal).toContainText('cdone: high');
  await picture(page, 'desktop-session-board');
}

async function unsaved(ide: IdePage, page: Page, product: Product, { data }: Home): Promise<void> {
  await ide.openFile('top.v');
  await ide.editor.click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('// before the cut\n');
  await product.crash();
  await expect(page.getByTestId('connection-banner')).toBeVisible();
  await page.keyboard.type('// during the cut\n');
  await expect.poll(() => textBelow(join(data, 'user/User/Backups'))).toContain('during the cut');
  await picture(page, 'desktop-session-cut');
  await product.restart();
  await expect(page.getByTestId('connection-banner')).toBeHidden({ timeout: 60_000 });
  await ide.inTerminal('clear; echo back-$((40+2))');
  await expect(ide.terminal).toContainText('back-42');
  await page.reload();
  await expect(page.locator('.tab.dirty[data-resource-name="top.v"]')).toBeVisible();
  await expect(page.locator('.view-line', { hasText: '// during the cut' }).first()).toBeVisible();
}

function textBelow(folder: string): string {
  if (!existsSync(folder)) return '';
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8'))
    .join('\n');
}

async function closeThere(
  ide: IdePage,
  page: Page,
  person: ApiPerson,
  session: SessionId,
): Promise<void> {
  await ide.command('Session: Close Session');
  await page.getByRole('button', { name: 'Close session', exact: true }).click();
  await page.waitForURL('**/start');
  await expect(page.getByTestId('cloud-lamp')).toBeVisible();
  await waitFor(async () => (await person.client.sessions.get(session)).state === 'closed', {
    deadlineMs: 40_000,
    everyMs: 50,
    what: 'the session is closed, and its container gone',
  });
}

async function refusals(page: Page, product: Product, session: SessionId): Promise<void> {
  const origin = new URL(page.url()).origin;
  const alert = page.locator('#boot[role=alert]');
  await page.goto(`${origin}/session/${session}`);
  await expect(alert).toContainText('This session has ended.');
  await picture(page, 'desktop-session-ended');
  await page.goto(`${origin}/session/${session.slice(0, -6)}zzzzzz`);
  await expect(alert).toContainText('There is no such session, or it is not yours.');
  await product.crash();
  await page.reload();
  await expect(alert).toContainText(`at ${product.url} does not answer`);
  await product.restart();
  await page.goto(`${origin}/start`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(`${origin}/session/${session}`);
  await expect(alert).toContainText('You are not signed in');
  await alert.getByRole('link', { name: 'To the start page' }).click();
  await expect(page.getByLabel('Address of your Joy of Hardware')).toBeVisible();
}
