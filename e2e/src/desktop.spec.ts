/** The desktop's agent and its pages in Chromium: work that survives, a board behind the agent, attacks. */
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readBitstream } from '@joh/bitstream';
import { temporaryFolder } from '@joh/testkit';
import type { Page } from '@playwright/test';
import { startDesktopAgent } from './desktop-agent.ts';
import { openFolder, trustFolder } from './desktop-pages.ts';
import { idePage } from './ide-page.ts';
import { loseRequests } from './lost-requests.ts';
import { picture } from './picture.ts';
import { createLocalProject } from './place.ts';
import { test as base, expect } from './product-test.ts';
import { root } from './root.ts';

interface Home {
  path: string;
  /** A project, as a user has it. */
  project: string;
  data: string;
}

const test = base.extend<{ home: Home }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures off the pattern.
  home: async ({}, use) => {
    const { path, remove } = await temporaryFolder('joh-home');
    const project = join(path, 'blinky');
    createLocalProject(project, join(path, 'remote.git'));
    addBuild(project);
    await use({ path, project, data: join(path, 'data') });
    await remove();
  },
});

/** As if it had been built before: what the Board view offers to program. */
function addBuild(project: string): void {
  const image = join(project, 'build/top.bin');
  mkdirSync(join(project, 'build'));
  copyFileSync(join(root, 'packages/bitstream/fixtures/up5k-memory.bin'), image);
  const build = {
    id: 'build_0123456789abcdef',
    state: 'succeeded',
    toolchain: 'native',
    board: 'icebreaker',
    startedAt: '2030-01-01T00:00:00Z',
    durationMs: 1000,
    bitstream: { ...readBitstream(new Uint8Array(readFileSync(image))), path: image },
    problems: [],
    utilisation: [],
    timing: [],
    failure: null,
  };
  writeFileSync(join(project, 'build/.joh-build.json'), JSON.stringify(build));
}

/** Types at the top of the file, and does not save it. */
async function typeUnsaved(page: Page, text: string): Promise<void> {
  const ide = idePage(page);
  await ide.openFile('top.v');
  await ide.editor.click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type(text);
  await expect(page.locator('.tab.dirty')).toHaveCount(1);
}

async function findUnsaved(page: Page, text: string): Promise<void> {
  await expect(page.locator('.tab.dirty[data-resource-name="top.v"]')).toBeVisible();
  await expect(page.locator('.view-line', { hasText: text }).first()).toBeVisible();
}

test('what is not saved is there after quitting, and after the agent is killed', async ({
  page,
  home,
}) => {
  const { data, project } = home;
  const first = await startDesktopAgent({ data });
  await page.goto(first.url);
  await picture(page, 'start');
  await openFolder(page, project);
  await page.getByRole('button', { name: 'Keep it restricted' }).click();
  await expect(page.locator('[id="status.workspaceTrust"]')).toContainText('Restricted');
  expect(page.url()).not.toContain(first.secret);
  await typeUnsaved(page, '// typed before quitting\n');
  await first.quit();
  await page.goto('about:blank');

  const second = await startDesktopAgent({ data });
  expect(second.port).not.toBe(first.port);
  await page.goto(second.url);
  await picture(page, 'recent');
  await page.getByTestId('recent-blinky').click();
  await findUnsaved(page, '// typed before quitting');
  await typeUnsaved(page, '// typed before the crash\n');
  // A second after the last key it is kept.
  const backups = join(data, 'user/User/Backups');
  await expect.poll(() => textBelow(backups)).toContain('typed before the crash');
  await second.kill();
  await page.goto('about:blank');

  const third = await startDesktopAgent({ data });
  await page.goto(third.url);
  await page.getByTestId('recent-blinky').click();
  await findUnsaved(page, '// typed before the crash');
  expect(readFileSync(join(project, 'src/top.v'), 'utf8')).not.toContain('typed before');
  await third.quit();
});

/** Everything in the files below; only their owner may read them. */
function textBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      expect(statSync(path).mode & 0o077).toBe(0);
      return readFileSync(path, 'utf8');
    })
    .join('\n');
}

test('a board behind the agent is programmed by the Board view; links and windows are the shell’s', async ({
  page,
  home,
}) => {
  const rules = join(home.path, 'boards.rules');
  const agent = await startDesktopAgent({
    data: home.data,
    environment: { JOH_SIMULATED_USB: 'icebreaker', JOH_UDEV_RULES: rules },
    reply: ({ kind }) => (kind === 'choose-folder' ? { folder: home.project } : {}),
  });
  await page.goto(agent.url);
  // The shell's dialog chooses.
  await page.getByRole('button', { name: 'Open a folder' }).click();
  await page.waitForURL('**/folder/*');
  await trustFolder(page);
  const ide = idePage(page);
  await ide.command('FPGA: Program a Board');
  const view = page.getByTestId('board-view');
  await view.getByTestId('board-select').selectOption({ label: 'iCEBreaker (ICE0042)' });
  await expect(view.getByTestId('board-fit')).toContainText('Fits');
  if (!(await view.getByTestId('board-target-sram').isVisible()))
    await view.getByText('SRAM, after rewiring').click();
  await view.getByTestId('board-target-sram').check();
  await view.getByTestId('board-program').click();
  await expect(view.getByTestId('board-result').locator('[data-state=done]')).toContainText(
    'raised CDONE',
  );
  await picture(page, 'board');

  await ide.command('FPGA: Rules for USB Boards');
  await expect(page.locator('.view-line', { hasText: 'idVendor' }).first()).toBeVisible();
  await picture(page, 'rules');
  await page.getByRole('button', { name: 'Write the rules' }).click();
  const toast = page.locator('.notification-toast', { hasText: 'Written. Unplug the board' });
  await expect(toast).toBeVisible();
  expect(readFileSync(rules, 'utf8')).toContain('ATTR{idVendor}=="0403"');

  await ide.command('Folder: New Window');
  await expect
    .poll(() => agent.requests.at(-1))
    .toMatchObject({ kind: 'new-window', path: '/start' });
  await agent.quit();
});

test('a part of the page that does not arrive is fetched again', async ({ page, home }) => {
  const agent = await startDesktopAgent({ data: home.data });
  for (const part of [/assets\/index-[^/]*\.js$/, /assets\/start-page-[^/]*\.js$/]) {
    const lost = await loseRequests(page, part, 1);
    await page.goto('about:blank');
    await page.goto(agent.url);
    await expect(page.getByTestId('start-page')).toBeVisible();
    expect(lost()).toBe(1);
  }
  await agent.quit();
});

test('another page of the same browser gets nothing', async ({ page, context, home }) => {
  const agent = await startDesktopAgent({ data: home.data });
  await page.goto(agent.url);
  await expect(page.getByTestId('start-page')).toBeVisible();
  const folder = await page.evaluate(
    async ({ secret, project }) => {
      const response = await fetch('/desktop/open', {
        method: 'POST',
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
        body: JSON.stringify({ folder: project }),
      });
      return ((await response.json()).page as string).split('/').at(-1) ?? '';
    },
    { secret: agent.secret, project: home.project },
  );
  const site = createServer((_, response) => response.end('<!doctype html>a page of somebody'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  try {
    const stranger = await context.newPage();
    await stranger.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
    // It has even got hold of the secret.
    const { port, secret } = agent;
    const got = await stranger.evaluate(attack, { port, secret, folder });
    expect(got).toEqual({
      read: 'refused',
      written: 'refused',
      framed: 'refused',
      script: 'refused',
      socket: 'refused',
      cookie: '',
    });
  } finally {
    site.close();
  }
  // By another of its names it is not ours either.
  const response = await page.request.get(`http://localhost:${agent.port}/`);
  expect(response.status()).toBe(403);
  await agent.quit();
});

/** Runs in the other page. */
async function attack(target: { port: number; secret: string; folder: string }) {
  const url = `http://127.0.0.1:${target.port}`;
  const refused = () => 'refused';
  const done = () => 'done';
  const headers = { authorization: `Bearer ${target.secret}`, 'content-type': 'application/json' };
  const socket = new WebSocket(`ws://127.0.0.1:${target.port}/connect/${target.folder}`);
  const opened = new Promise<string>((resolve) => {
    socket.onopen = () => resolve('opened');
    socket.onerror = () => resolve('refused');
  });
  const loaded = (node: HTMLScriptElement | HTMLImageElement) =>
    new Promise<string>((resolve) => {
      node.onload = () => resolve('loaded');
      node.onerror = () => resolve('refused');
      document.body.append(node);
    });
  const frame = document.createElement('iframe');
  frame.src = `${url}/`;
  document.body.append(frame);
  await new Promise((resolve) => {
    frame.onload = resolve;
  });
  const script = document.createElement('script');
  script.src = `${url}/desktop/describe`;
  return {
    read: await fetch(`${url}/`).then(done, refused),
    written: await fetch(`${url}/desktop/open`, {
      method: 'POST',
      headers,
      body: '{"folder":"/"}',
    }).then(done, refused),
    // A frame that was refused shows the browser's own error page, of no origin that can be read.
    framed: frame.contentDocument === null ? 'refused' : 'shown',
    script: await loaded(script),
    socket: await opened,
    cookie: document.cookie,
  };
}
