/**
 * Where the walk through the product happens: at FrontendMaster, with accounts and containers, or on this
 * computer alone. What differs is here; the steps themselves are the same.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Product, waitFor } from '@joh/testkit';
import { expect, type Page } from '@playwright/test';
import { type DesktopAgent, startDesktopAgent } from './desktop-agent.ts';
import { openFolder, trustFolder } from './desktop-pages.ts';
import { picture } from './picture.ts';
import { root } from './root.ts';
import { createProject, sessionOf, signIn, signOut, signUp } from './website-pages.ts';

/** A step of the walk; null where there is no such thing. */
type Step = (() => Promise<void>) | null;

export interface Place {
  signUp: Step;
  /** A project `blinky` from the template `iCEBreaker blinky`, with a remote to push to. */
  create: () => Promise<void>;
  open: () => Promise<void>;
  /** Ends the session, and sees that nothing of it stays. */
  leave: () => Promise<void>;
  /** The project is open in the IDE again. */
  comeBack: () => Promise<void>;
  end(): Promise<void>;
}

const person = { email: 'walker@example.com', name: 'walker', password: 'correct horse battery' };

export function cloudPlace(page: Page, product: Product): Place {
  /** The containers of every node, as the API tells them. */
  const containers = async () => {
    const { nodes } = await (await page.request.get(`${product.url}/api/nodes`)).json();
    return nodes.flatMap(
      (node: { containers: { id: string; state: string; session: string | null }[] }) =>
        node.containers,
    );
  };
  let session = '';
  let container = '';
  return {
    signUp: async () => {
      await page.goto(product.url);
      await picture(page, 'landing');
      await signUp(page, product.url, person);
      await picture(page, 'projects');
    },
    create: () => createProject(page, 'blinky', 'iCEBreaker blinky'),
    open: async () => {
      session = await sessionOf(page);
      // Whose session it serves is for operators to see.
      const mine = (await containers()).filter(
        ({ state }: { state: string }) => state === 'claimed',
      );
      expect(mine).toHaveLength(1);
      container = mine[0].id;
    },
    leave: async () => {
      await signOut(page, product.url);
      await page.context().clearCookies();
      await signIn(page, product.url, person);
      await waitFor(
        async () => {
          const now = await containers();
          const isGone = !now.some(
            ({ id, state }: { id: string; state: string }) => id === container && state !== 'gone',
          );
          return isGone && now.some(({ state }: { state: string }) => state === 'warm');
        },
        { deadlineMs: 30_000, what: 'the container is gone and another is warm', everyMs: 50 },
      );
      await signOut(page, product.url);
    },
    comeBack: async () => {
      await signIn(page, product.url, person);
      await page.getByTestId('project-blinky').getByRole('link', { name: 'Open' }).click();
      expect(await sessionOf(page)).not.toBe(session);
    },
    end: () => signOut(page, product.url),
  };
}

export function desktopPlace(page: Page): Place {
  const home = mkdtempSync(join(tmpdir(), 'joh-desktop-'));
  const data = join(home, 'data');
  const folder = join(home, 'blinky');
  let agent: DesktopAgent | null = null;
  const start = async () => {
    agent = await startDesktopAgent({ data });
    await page.goto(agent.url);
  };
  const quit = async () => {
    await agent?.quit();
    agent = null;
  };
  return {
    signUp: null,
    create: async () => createLocalProject(folder, join(home, 'remote.git')),
    open: async () => {
      await start();
      await openFolder(page, folder);
      await trustFolder(page);
    },
    leave: quit,
    comeBack: async () => {
      await start();
      await page.getByTestId('recent-blinky').click();
    },
    end: async () => {
      await quit();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** What the cloud does from the template, with git as a user has it. */
export function createLocalProject(folder: string, remote: string): void {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'templates/icebreaker-blinky/files'), folder, { recursive: true });
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' });
  git('init', '-q', '-b', 'main');
  git('config', 'user.name', person.name);
  git('config', 'user.email', person.email);
  git('init', '-q', '--bare', remote);
  git('remote', 'add', 'origin', remote);
  git('add', '-A');
  git('commit', '-q', '-m', 'From the template');
  git('push', '-q', '-u', 'origin', 'main');
}
