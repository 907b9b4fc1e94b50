/** The website as a user drives it. */
import { expect, type Page } from '@playwright/test';

export interface Person {
  email: string;
  name: string;
  password: string;
}

/** From the landing page to an empty list of projects. */
export async function signUp(
  page: Page,
  url: string,
  { email, name, password }: Person,
): Promise<void> {
  await page.goto(url);
  await page.getByRole('link', { name: 'Sign up' }).click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/projects');
}

export async function signIn(page: Page, url: string, { email, password }: Person): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/projects');
}

export async function signOut(page: Page, url: string): Promise<void> {
  await page.goto(`${url}/projects`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('link', { name: 'Sign up' })).toBeVisible();
}

/** Creates a project; the product opens it at once. Gives the id of its session. */
export async function createProject(
  page: Page,
  name: string,
  templateTitle: string,
): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByRole('radio', { name: templateTitle }).check();
  await page.getByRole('button', { name: 'Create and open' }).click();
  await page.waitForURL('**/open/**');
}

/** Waits for the IDE that an opening project goes to, and gives the id of its session. */
export async function sessionOf(page: Page): Promise<string> {
  await page.waitForURL('**/ide/session_*', { timeout: 60_000 });
  return new URL(page.url()).pathname.split('/').at(-1) ?? '';
}
