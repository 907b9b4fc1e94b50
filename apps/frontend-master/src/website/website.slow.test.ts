import { createFrontendClient } from '@joh/client';
import { signInByBrowser } from '@joh/client/browser-sign-in';
import { systemClock, systemRandom } from '@joh/clock';
import { fault, isFault, type Project, project, template } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageBytes, signUp, startTestSite, type TestSite } from './test-site.ts';

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

let site: TestSite;
let projects: Project[] = [];

beforeAll(async () => {
  const content = {
    templates,
    listProjects: async () => projects,
    rack: () => Promise.reject(fault('E_STORE_FULL')),
  };
  site = await startTestSite(content, process.env, (http) => {
    http.app.post('/api/sessions', () => {
      throw fault('E_SESSION_QUEUE_FULL');
    });
  });
});
afterAll(() => site?.close());

describe('the website', () => {
  it('takes a visitor from the landing page to projects, and back after signing out', async () => {
    const page = await site.open('/');
    await site.picture(page, 'landing');
    await page.getByRole('link', { name: 'Start a project' }).click();
    await signUp(page, 'ada', 'ada@example.org');
    await page.waitForURL('**/projects');
    await site.picture(page, 'projects-empty');
    projects = [
      project.parse({
        id: `project_${'a'.repeat(26)}`,
        owner: 'ada',
        name: 'blinky',
        template: 'blinky',
        board: 'icebreaker',
        createdAt: '2026-01-01T00:00:00Z',
        updatedAt: '2026-01-01T00:00:00Z',
        cloneUrl: `${site.http.publicUrl()}/git/ada/blinky.git`,
      }),
    ];
    await page.reload();
    await page.getByTestId('project-blinky').getByText('git clone').waitFor();
    await site.picture(page, 'projects');
    expect(await page.getByText('Only <b>the</b> shell.').count()).toBe(1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Start a project' }).waitFor();
    await page.context().close();
  });

  it('explains wrong input where it was given, and goes on to where one wanted to go', async () => {
    const page = await site.open('/open/ada/blinky');
    await page.getByRole('link', { name: 'Create an account' }).click();
    await signUp(page, 'ada', 'other@example.org');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('The name "ada" is taken.');
    await site.picture(page, 'sign-up-taken');
    await page.goto(`${site.http.publicUrl()}/sign-in?next=%2Fopen%2Fada%2Fblinky`);
    await signIn(page, 'wrong password');
    expect(await page.getByRole('alert').textContent()).toContain(
      'The e-mail address or the password is wrong.',
    );
    await signIn(page, 'correct horse');
    await page.waitForURL('**/open/ada/blinky');
    await page.getByText('All containers are in use and the queue is full.').waitFor();
    await site.picture(page, 'opening-failed');
    await page.context().close();
  });

  it('lets a program of the computer sign in when one allows it, and tells it when not', async () => {
    const url = site.http.publicUrl();
    const clock = systemClock();
    const begin = () => {
      let page = '';
      const client = createFrontendClient({ url, fetch, clock, token: null });
      const signedIn = signInByBrowser({
        ...{ client, url, program: 'joh-desktop', clock, random: systemRandom() },
        signal: AbortSignal.timeout(20_000),
        open: (address) => {
          page = address;
        },
      }).catch((error: unknown) => (isFault(error) ? error.code : error));
      return { client, signedIn, address: () => waitFor(() => page) };
    };
    const first = begin();
    const page = await site.open((await first.address()).slice(url.length));
    await signIn(page, 'correct horse');
    await page.getByRole('heading', { name: 'Sign in as ada?' }).waitFor();
    await site.picture(page, 'authorize');
    await page.getByRole('button', { name: 'Allow' }).click();
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
    await site.picture(page, 'authorized');
    expect(await first.signedIn).toMatchObject({ account: { name: 'ada' } });
    expect(await first.client.account()).toMatchObject({ name: 'ada' });
    const second = begin();
    await page.goto(await second.address());
    await page.getByRole('link', { name: 'Not now' }).click();
    expect(await second.signedIn).toBe('E_ACCOUNT_NOT_ALLOWED');
    await page.goto(`${url}/authorize?redirect_uri=https://example.org/callback`);
    await page.getByText('The request is not valid').waitFor();
    await page.context().close();
  });

  it('does not follow a next that leaves the site', async () => {
    const page = await site.open('/sign-in?next=//example.org/x');
    await signIn(page, 'correct horse');
    await page.waitForURL('**/projects');
    await page.context().close();
  });

  it('sends a phone to a page of its own', async () => {
    const page = await site.open('/sign-in?next=%2Fopen%2Fada%2Fblinky', {
      width: 390,
      height: 780,
    });
    await signIn(page, 'correct horse');
    await page.getByRole('heading', { name: 'This needs a larger screen' }).waitFor();
    await site.picture(page, 'phone');
    await page.context().close();
  });

  it('says what is wrong with an address, and is light where people like it light', async () => {
    const page = await site.open('/nothing/here');
    expect(await page.getByRole('alert').textContent()).toContain(
      'There is nothing at /nothing/here.',
    );
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(`${site.http.publicUrl()}/templates`);
    await site.picture(page, 'templates-light');
    await page.context().close();
  });

  it('weighs less than 100 KB a page', async () => {
    const page = await site.open('/');
    const bytes = await pageBytes(page);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(100_000);
    await page.context().close();
  });
});

async function signIn(page: Page, password: string): Promise<void> {
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (password !== 'correct horse') await page.getByRole('alert').waitFor();
}
