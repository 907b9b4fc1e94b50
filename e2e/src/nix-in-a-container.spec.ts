/** Nix in session containers: the template's shell, its build, and what a second container gets from the cache. */
import { waitFor } from '@joh/testkit';
import type { Page } from '@playwright/test';
import { idePage } from './ide-page.ts';
import { type ApiPerson, enter, newPerson } from './person.ts';
import { picture } from './picture.ts';
import { expect, test } from './product-test.ts';

const shellMs = 60_000;
const buildMs = 120_000;
const pushMs = 60_000;
/** What the template builds. */
const result = /\/nix\/store\/\w{32}-icebreaker-blinky-[\d.]+/;

test('what one container built with Nix, the next one fetches', async ({ page, product }) => {
  const person = await newPerson(product.url, 'nixer');
  const first = await person.openProject('blinky');
  await enter(page, product.url, person);
  const built = await test.step('the template opens in its shell, and is built there', async () => {
    await openIde(page, product.url, first.session);
    const ide = idePage(page);
    await expect(ide.status('shell.state')).toHaveText('shell.nix', { timeout: shellMs });
    const where = await inShell(page, 'command -v yosys; nix --version', /nix \(Nix\) 2\.\d+/);
    expect(where).toMatch(/\/nix\/store\/\w{32}-yosys/);
    const done = await build(page);
    expect(done.nix).toMatch(/^1 built/);
    await picture(page, 'nix-container-built');
    return { ...done, path: await inShell(page, 'readlink result', result) };
  });
  const path = result.exec(built.path)?.[0] ?? '';
  await test.step('it is pushed to the cache of its user', () => pushed(product.url, person, path));

  await person.client.sessions.remove(first.session);
  const second = await person.client.sessions.create({ project: 'nixer/blinky' });
  await person.client.sessions.waitUntilReady(second.id, { deadlineMs: 60_000 });
  await test.step('another container fetches it', async () => {
    await openIde(page, product.url, second.id);
    const ide = idePage(page);
    await expect(ide.status('shell.state')).toHaveText('shell.nix', { timeout: shellMs });
    expect(await inShell(page, `ls -d ${path}; echo ls $?`, /ls \d/)).toContain('ls 2');
    const done = await build(page);
    expect(done.nix).toMatch(/^1 fetched from the cache/);
    expect(done.seconds).toBeLessThan(built.seconds);
    // The log names what came, and from where.
    const view = page.getByTestId('build-view');
    await view.locator('summary', { hasText: 'Fetching from the cache' }).click();
    await expect(
      view.locator('.joh-log').filter({ hasText: 'icebreaker-blinky-0.1.0 from' }),
    ).toContainText('/cache/nixer');
    await picture(page, 'nix-container-fetched');
    expect(await inShell(page, 'readlink result', result)).toContain(path);
  });
  await person.closeSession(second.id);
});

async function openIde(page: Page, url: string, session: string): Promise<void> {
  await page.goto(`${url}/ide/${session}`);
  await expect(page.getByRole('treeitem', { name: 'default.nix' })).toBeVisible();
}

/** What a new terminal shows after a command, once it shows `until`. */
async function inShell(page: Page, command: string, until: RegExp): Promise<string> {
  await idePage(page).command('Terminal: Create New Terminal');
  const rows = page.locator('.xterm-rows').locator('visible=true').first();
  await expect(rows).toContainText('nix-shell');
  await page.locator('.xterm').locator('visible=true').first().click();
  await page.keyboard.type(`clear; ${command}\n`);
  await expect(rows).toContainText(until);
  return (await rows.textContent()) ?? '';
}

async function build(page: Page): Promise<{ seconds: number; nix: string }> {
  await idePage(page).command('Focus on Build View');
  await page.getByTestId('build-builder').selectOption('nix-build');
  await page.getByTestId('build-button').click();
  const state = page.getByTestId('build-state');
  await expect(state).toContainText(/Built in [\d.]+ s/, { timeout: buildMs });
  const seconds = Number(/Built in ([\d.]+) s/.exec((await state.textContent()) ?? '')?.[1]);
  return { seconds, nix: (await page.getByTestId('build-nix').textContent()) ?? '' };
}

async function pushed(url: string, { name, password }: ApiPerson, path: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  const hash = path.slice('/nix/store/'.length).slice(0, 32);
  const look = () => fetch(`${url}/cache/${name}/${hash}.narinfo`, { headers: { authorization } });
  await waitFor(async () => (await look()).status === 200, {
    ...{ deadlineMs: pushMs, everyMs: 100, what: `${path} is in the cache` },
  });
}
