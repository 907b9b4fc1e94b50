import { waitFor } from '@joh/testkit';
import type { Page } from 'playwright-core';
import type { Browser } from './browser.ts';
import type { Product } from './product.ts';

/** Milliseconds from the click to each stage, in the order they are shown. */
export type Opening = Readonly<Partial<Record<Stage, number>>>;

/** The IDE's own performance marks are called `joh-…`. */
export const stages = [
  'open page',
  'session asked',
  'session claimed',
  'ide asked',
  'joh-session',
  'joh-code',
  'joh-first-file',
  'joh-services',
  'joh-initialized',
  'joh-workbench',
  'editable text',
  'prompt',
  'joh-ready',
] as const;
export type Stage = (typeof stages)[number];

const openDeadlineMs = 60_000;
const closeDeadlineMs = 60_000;
const layoutStoredMs = 3_000;

/** One click on the project, up to text that takes a key; then the session is closed. */
export async function openOnce({ url, client }: Product, { context }: Browser): Promise<Opening> {
  await waitFor(async () => (await fetch(`${url}/readyz`)).ok, {
    deadlineMs: closeDeadlineMs,
    what: 'a container is warm',
  });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto(`${url}/projects`, { waitUntil: 'load' });
  await page.getByTestId('project-blinky').getByRole('link', { name: 'Open' }).click();
  await page.waitForURL('**/ide/session_*', { timeout: openDeadlineMs });
  const marks = await waitFor(() => marksOf(page), {
    deadlineMs: openDeadlineMs,
    what: 'text, prompt and every feature',
  });
  await takesAKey(page);
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
  // The workbench stores its layout every two seconds; one that is left sooner comes back empty.
  await page.waitForTimeout(layoutStoredMs);
  await page.goto(`${url}/projects`);
  await client.sessions.remove(id);
  await waitFor(async () => (await client.sessions.get(id)).state === 'closed', {
    deadlineMs: closeDeadlineMs,
    what: 'the session is closed',
  });
  const { click = 0, ...times } = marks;
  return Object.fromEntries(
    stages.flatMap((stage) => (times[stage] ? [[stage, times[stage] - click]] : [])),
  );
}

/** Everything that has happened, or null while something is missing. */
async function marksOf(page: Page): Promise<Record<string, number> | null> {
  const script = `({
    ...Object.fromEntries(Object.entries(sessionStorage)
      .filter(([key]) => key.startsWith('bench.'))
      .map(([key, value]) => [key.slice(6), JSON.parse(value)])),
    ...Object.fromEntries(performance.getEntriesByType('mark')
      .map(({ name, startTime }) => [name, performance.timeOrigin + startTime])),
  })`;
  const marks = (await page.evaluate(script)) as Record<string, number>;
  const isDone = ['click', 'editable text', 'prompt', 'joh-ready'].every((name) => marks[name]);
  return isDone ? marks : null;
}

/** Types one character, sees it, and takes it back. @throws Error the text is not editable */
async function takesAKey(page: Page): Promise<void> {
  const lines = page.locator('.editor-instance .view-lines').first();
  await lines.click();
  await page.keyboard.press('Control+Home');
  await page.keyboard.type('~');
  await page
    .locator('.editor-instance .view-line', { hasText: '~' })
    .first()
    .waitFor({ timeout: 10_000 });
  await page.keyboard.press('Control+Z');
}
