import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { fault, type Project, project, template } from '@joh/protocol';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountsMigrations, accountsRoutes, createAccounts } from '#accounts';
import { limits } from '#limits';
import { createHttp, createLogger, type Http, openStore, type Store } from '#platform';
import { websiteRoutes } from './routes.ts';

const app = join(import.meta.dirname, '..', '..');
const pictures = process.env.JOH_PICTURES;
const templates = [
  {
    id: 'blinky',
    title: 'iCEBreaker blinky',
    description: 'Five lights that walk.',
    board: 'icebreaker',
    languages: ['verilog'],
  },
  {
    id: 'empty',
    title: 'Empty',
    description: 'Only <b>the</b> shell.',
    board: null,
    languages: [],
  },
].map((one) => template.parse(one));

let browser: Browser;
let http: Http;
let store: Store;
let projects: Project[] = [];

beforeAll(async () => {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: app });
  const parts = {
    clock: systemClock(),
    random: systemRandom(),
    logger: createLogger({ level: 'silent' }),
  };
  store = await openStore({
    location: { file: ':memory:' },
    migrations: accountsMigrations,
    now: parts.clock.now,
  });
  http = createHttp({ ...parts, publicUrl: undefined, limits });
  const accounts = createAccounts({
    ...parts,
    store,
    secret: 'x'.repeat(32),
    isSecure: false,
    limits,
  });
  accountsRoutes(http, { accounts, signInLifetimeMs: limits.signInLifetimeMs });
  http.app.post('/api/sessions', () => {
    throw fault('E_SESSION_QUEUE_FULL');
  });
  const folders = { site: join(app, 'dist', 'website'), ide: join(app, 'no-ide') };
  await websiteRoutes(http, {
    ...{ accounts, templates, folders },
    listProjects: async () => projects,
    requireSession: async () => undefined,
  });
  await http.listen({ host: '127.0.0.1', port: 0 });
  browser = await chromium.launch({
    executablePath: process.env.JOH_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});
afterAll(async () => {
  await browser?.close();
  await http?.close(AbortSignal.timeout(2_000));
  await store?.close();
});

describe('the website', () => {
  it('takes a visitor from the landing page to projects, and back after signing out', async () => {
    const page = await open('/');
    await picture(page, 'landing');
    await page.getByRole('link', { name: 'Start a project' }).click();
    await signUp(page, 'ada');
    await page.waitForURL('**/projects');
    await picture(page, 'projects-empty');
    projects = [
      project.parse({
        id: `project_${'a'.repeat(26)}`,
        owner: 'ada',
        name: 'blinky',
        template: 'blinky',
        board: 'icebreaker',
        createdAt: '2026-01-01T00:00:00Z',
        updatedAt: '2026-01-01T00:00:00Z',
        cloneUrl: `${http.publicUrl()}/git/ada/blinky.git`,
      }),
    ];
    await page.reload();
    await page.getByTestId('project-blinky').getByText('git clone').waitFor();
    await picture(page, 'projects');
    expect(await page.getByText('Only <b>the</b> shell.').count()).toBe(1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Start a project' }).waitFor();
    await page.context().close();
  });

  it('explains wrong input where it was given, and goes on to where one wanted to go', async () => {
    const page = await open('/open/ada/blinky');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await signUp(page, 'ada', 'other@example.org');
    expect(await page.getByRole('alert').textContent()).toContain('The name "ada" is taken.');
    await picture(page, 'sign-up-taken');
    await page.goto(`${http.publicUrl()}/sign-in?next=%2Fopen%2Fada%2Fblinky`);
    await signIn(page, 'wrong password');
    expect(await page.getByRole('alert').textContent()).toContain(
      'The e-mail address or the password is wrong.',
    );
    await signIn(page, 'correct horse');
    await page.waitForURL('**/open/ada/blinky');
    await page.getByText('All containers are in use and the queue is full.').waitFor();
    await picture(page, 'opening-failed');
    await page.context().close();
  });

  it('does not follow a next that leaves the site', async () => {
    const page = await open('/sign-in?next=//example.org/x');
    await signIn(page, 'correct horse');
    await page.waitForURL('**/projects');
    await page.context().close();
  });

  it('sends a phone to a page of its own', async () => {
    const page = await open('/sign-in?next=%2Fopen%2Fada%2Fblinky', { width: 390, height: 780 });
    await signIn(page, 'correct horse');
    await page.getByRole('heading', { name: 'This needs a larger screen' }).waitFor();
    await picture(page, 'phone');
    await page.context().close();
  });

  it('says what is wrong with an address, and is light where people like it light', async () => {
    const page = await open('/nothing/here');
    expect(await page.getByRole('alert').textContent()).toContain(
      'There is nothing at /nothing/here.',
    );
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(`${http.publicUrl()}/templates`);
    await picture(page, 'templates-light');
    await page.context().close();
  });

  it('weighs less than 100 KB a page', async () => {
    const page = await open('/');
    const bytes = await page.evaluate(() =>
      performance
        .getEntries()
        .reduce(
          (sum, entry) => sum + ('encodedBodySize' in entry ? Number(entry.encodedBodySize) : 0),
          0,
        ),
    );
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(100_000);
    await page.context().close();
  });
});

async function open(path: string, viewport = { width: 1280, height: 850 }): Promise<Page> {
  const context = await browser.newContext({ viewport, colorScheme: 'dark' });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await page.goto(http.publicUrl() + path);
  return page;
}

async function signUp(page: Page, name: string, email = 'ada@example.org'): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Create account' }).click();
  if (email !== 'ada@example.org') await page.getByRole('alert').waitFor();
}

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (password !== 'correct horse') await page.getByRole('alert').waitFor();
}

/** With `JOH_PICTURES=<folder>` the pages are kept as pictures to look at. */
async function picture(page: Page, name: string): Promise<void> {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}
