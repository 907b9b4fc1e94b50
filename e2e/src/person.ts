/** A user of the API, signed in with a token; and the same user's browser. */
import { createFrontendClient, type FrontendClient } from '@joh/client';
import { systemClock } from '@joh/clock';
import type { SessionId } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import { expect, type Locator, type Page } from '@playwright/test';
import type { Person } from './website-pages.ts';

export interface ApiPerson extends Person {
  token: string;
  client: FrontendClient;
  /** One call as it goes over the wire. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A project from a template, by default the blinky, opened and ready. */
  openProject(name: string, template?: string): Promise<{ session: SessionId; root: string }>;
  /** Closes a session and waits until its container goes: an agent first pushes what Nix built. */
  closeSession(session: SessionId): Promise<void>;
}

/** What FrontendMaster gives an agent to close, and a little. */
const closeDeadlineMs = 40_000;

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the product answers is looked at.
  body: any;
}

/** Signs a new person up. */
export async function newPerson(url: string, name: string): Promise<ApiPerson> {
  const person = { email: `${name}@example.com`, name, password: 'correct horse battery' };
  const client = createFrontendClient({ url, fetch, clock: systemClock(), token: null });
  const { token } = await client.signUp(person);
  return {
    ...person,
    token,
    client,
    call: (method, path, body) => call(url, token, method, path, body),
    openProject: async (project, template = 'icebreaker-blinky') => {
      await client.projects.create({ name: project, template });
      const { id } = await client.sessions.create({ project: `${name}/${project}` });
      const ready = await client.sessions.waitUntilReady(id, { deadlineMs: 60_000 });
      return { session: id, root: ready.root ?? '' };
    },
    closeSession: async (session) => {
      await client.sessions.remove(session);
      await waitFor(async () => (await client.sessions.get(session)).state === 'closed', {
        ...{ deadlineMs: closeDeadlineMs, everyMs: 50, what: 'the session is closed' },
      });
    },
  };
}

async function call(url: string, token: string, method: string, path: string, body?: unknown) {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
}

/** Gives the page's browser the person's cookie, without walking through the form. */
export async function enter(page: Page, url: string, { email, password }: Person): Promise<void> {
  const headers = { origin: new URL(url).origin };
  const answer = await page.request.post(`${url}/api/auth/sign-in`, {
    headers,
    data: { email, password },
  });
  expect(answer.status()).toBe(200);
}

/** An alert with this code whose sentences say what happened, what was kept and what to do. */
export async function expectFault(
  alert: Locator,
  code: string,
  ...sentences: readonly [what: RegExp, kept: RegExp, todo: RegExp]
): Promise<void> {
  await expect(alert).toHaveAttribute('data-code', code);
  for (const sentence of sentences) await expect(alert).toContainText(sentence);
}
