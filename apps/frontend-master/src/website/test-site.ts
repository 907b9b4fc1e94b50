/** The website on a port of its own, with accounts in memory, and Chromium to look at it. For tests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { chromium, type Page } from 'playwright-core';
import { accountsMigrations, accountsRoutes, createAccounts } from '#accounts';
import { limits } from '#limits';
import { createHttp, createLogger, type Http, openStore } from '#platform';
import { type WebsiteOptions, websiteRoutes } from './routes.ts';

export interface TestSite {
  http: Http;
  /** A page of a new visitor; close its context. */
  open(path: string, viewport?: { width: number; height: number }): Promise<Page>;
  /** With `JOH_PICTURES=<folder>` the page is kept as a picture to look at. */
  picture(page: Page, name: string): Promise<void>;
  close(): Promise<void>;
}

/** A test's own environment. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Of Debian's Chromium, or the one that `JOH_CHROMIUM` names. */
export const browserOptions = (environment: Environment) => ({
  executablePath: environment.JOH_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});

const app = join(import.meta.dirname, '..', '..');

/** `routes` adds what the pages ask of the API. */
export async function startTestSite(
  content: Pick<WebsiteOptions, 'listProjects' | 'templates' | 'rack'>,
  environment: Environment,
  routes: (http: Http) => void = () => undefined,
): Promise<TestSite> {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: app });
  const parts = {
    clock: systemClock(),
    random: systemRandom(),
    logger: createLogger({ level: 'silent' }),
  };
  const store = await openStore({
    location: { file: ':memory:' },
    migrations: accountsMigrations,
    now: parts.clock.now,
  });
  const http = createHttp({ ...parts, publicUrl: undefined, limits });
  const accounts = createAccounts({
    ...parts,
    store,
    secret: 'x'.repeat(32),
    isSecure: false,
    limits,
  });
  accountsRoutes(http, { accounts, signInLifetimeMs: limits.signInLifetimeMs });
  routes(http);
  const folders = { site: join(app, 'dist', 'website'), ide: join(app, 'no-ide') };
  await websiteRoutes(http, {
    ...{ ...content, accounts, folders },
    requireSession: async () => undefined,
  });
  await http.listen({ host: '127.0.0.1', port: 0 });
  const browser = await chromium.launch(browserOptions(environment));
  return {
    http,
    async open(path, viewport = { width: 1280, height: 850 }) {
      const context = await browser.newContext({ viewport, colorScheme: 'dark' });
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      await page.goto(http.publicUrl() + path);
      return page;
    },
    async picture(page, name) {
      const pictures = environment.JOH_PICTURES;
      if (!pictures) return;
      mkdirSync(pictures, { recursive: true });
      await page.screenshot({ path: join(pictures, `${name}.png`) });
    },
    async close() {
      await browser.close();
      await http.close(AbortSignal.timeout(2_000));
      await store.close();
    },
  };
}

/** Fills in and sends the form of `/sign-up`. */
export async function signUp(page: Page, name: string, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Create account' }).click();
}

/** What the page and its files weigh; what scripts asked for is not counted. */
export function pageBytes(page: Page): Promise<number> {
  return page.evaluate(() =>
    performance
      .getEntries()
      .filter(({ name }) => !name.includes('/api/'))
      .reduce(
        (sum, entry) => sum + ('encodedBodySize' in entry ? Number(entry.encodedBodySize) : 0),
        0,
      ),
  );
}
