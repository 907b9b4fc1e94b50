/** Processes of the product are killed while it is used. What was said to be kept is kept. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Product, processesNaming, waitFor, withProduct } from '@joh/testkit';
import { idePage } from './ide-page.ts';
import { enter, newPerson } from './person.ts';
import { expect, test } from './product-test.ts';

test.use({ actionTimeout: 20_000 });
test.setTimeout(150_000);

/** Numbers of the processes of one container whose command line has `what` in it. */
function processesIn(product: Product, container: string, what: string): number[] {
  return processesNaming(product.dataDirectory)
    .filter(({ command }) => command.includes(what))
    .map(({ pid }) => pid)
    .filter((pid) => environmentOf(pid).includes(container));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

const foldersOf = ({ dataDirectory }: Product) => {
  const folder = join(dataDirectory, 'containers');
  return existsSync(folder) ? readdirSync(folder) : [];
};

test('a session outlives its FrontendMaster and its agent, and then leaves nothing', async ({
  page,
}) => {
  await withProduct(
    { JOH_ENGINE: 'local', JOH_POOL: 'standard=1/3,burst=0/0' },
    async (product) => {
      const person = await newPerson(product.url, 'crash');
      const { session, root } = await person.openProject('blinky');
      const [container] = foldersOf(product).filter((name) => root.includes(name));
      expect(container).toBeTruthy();
      const ide = idePage(page);
      await enter(page, product.url, person);
      await page.goto(`${product.url}/ide/${session}`);
      await expect(page.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible();
      await ide.openFile('README.md');
      await ide.editor.click();
      await page.keyboard.press('Control+Home');
      await page.keyboard.type('not saved yet ');
      const count = async (file: string) =>
        readFileSync(join(root, file), 'utf8').trim().split('\n').length;
      // Every number is shown and noted; what the screen shows can be compared.
      const tick = (file: string, rounds: number) =>
        `for i in $(seq ${rounds}); do echo $i >>${file}; echo tick-$i-tock; sleep 0.05; done; echo all-of-${file}`;
      const buffer = () => ide.terminal.textContent().then((text) => text ?? '');

      await test.step('FrontendMaster is killed and starts again', async () => {
        await ide.inTerminal(tick('a.txt', 120));
        await waitFor(async () => (await count('a.txt')) > 20, {
          deadlineMs: 10_000,
          what: 'it counts',
          everyMs: 50,
        });
        await product.crash();
        const before = await count('a.txt');
        await waitFor(async () => (await count('a.txt')) > before + 10, {
          deadlineMs: 10_000,
          what: 'it goes on without FrontendMaster',
          everyMs: 50,
        });
        await product.restart();
        expect((await person.client.sessions.get(session)).state).toMatch(/ready|detached/);
        await expect(ide.terminal).toContainText('all-of-a.txt', { timeout: 40_000 });
        await expect(page.getByTestId('connection-banner')).toBeHidden();
        const shown = [...(await buffer()).matchAll(/tick-(\d+)-tock/g)].map(([, n]) => Number(n));
        expect(shown.at(-1)).toBe(120);
        expect(shown).toEqual(shown.map((_, index) => (shown[0] ?? 0) + index));
        await expect(page.locator('.tab.dirty')).toHaveCount(1);
        await expect(ide.editor).toContainText('not saved yet');
      });

      await test.step('the agent is killed; it is started again and the terminal is the same', async () => {
        const shell = processesIn(product, container ?? '', '/bash');
        await ide.inTerminal('clear; kept=$((40+2))');
        await ide.inTerminal(tick('b.txt', 100));
        await waitFor(async () => (await count('b.txt')) > 10, {
          deadlineMs: 10_000,
          what: 'it counts',
          everyMs: 50,
        });
        const [agent] = processesIn(product, container ?? '', 'dist/agent.js');
        process.kill(agent ?? 0, 'SIGKILL');
        await waitFor(
          async () => {
            const [now] = processesIn(product, container ?? '', 'dist/agent.js');
            return now !== undefined && now !== agent ? now : null;
          },
          { deadlineMs: 10_000, what: 'another agent', everyMs: 50 },
        );
        expect(processesIn(product, container ?? '', '/bash')).toEqual(shell);
        await waitFor(async () => (await count('b.txt')) === 100, {
          deadlineMs: 20_000,
          what: 'it counts to the end',
          everyMs: 50,
        });
        // The link of the agent that died is gone; the page comes back by itself or says how.
        const banner = page.getByTestId('connection-banner');
        await waitFor(
          async () => {
            if (await banner.isVisible()) {
              const text = (await banner.textContent()) ?? '';
              if (/Reload/.test(text)) {
                await banner.getByRole('button', { name: 'Reload' }).click();
                return text;
              }
            }
            return (await buffer()).includes('all-of-b.txt') ? 'back' : null;
          },
          { deadlineMs: 40_000, what: 'the page is back, or says what to do', everyMs: 50 },
        );
        await expect(page.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible();
        await expect(ide.terminal).toContainText('all-of-b.txt', { timeout: 20_000 });
        await ide.inTerminal('echo still-$kept');
        await expect(ide.terminal).toContainText('still-42');
        await expect(ide.editor).toContainText('not saved yet');
      });

      await test.step('signing out ends it: the page says so, and no process, socket, folder or row is left', async () => {
        await person.client.signOut();
        const banner = page.getByTestId('connection-banner');
        await expect(banner).toContainText('This session has ended.');
        await expect(banner).toContainText('What was pushed is in the project.');
        await person.client.signIn(person);
        await waitFor(
          async () => {
            const left = processesIn(product, container ?? '', '');
            const { nodes } = await person.client.nodes();
            const rows = nodes
              .flatMap((node) => node.containers)
              .filter(({ id }) => id === container);
            const metrics = await (await fetch(`${product.url}/metrics`)).text();
            const isCut = /^joh_tunnels_open 0$/m.test(metrics);
            const isGone =
              isCut && left.length === 0 && !foldersOf(product).includes(container ?? '');
            return isGone && rows.length === 0;
          },
          { deadlineMs: 30_000, what: 'nothing is left of it', everyMs: 50 },
        );
      });
    },
  );
});

test('killed in the middle of claims, it serves each session once and leaves no orphan', async () => {
  await withProduct(
    { JOH_ENGINE: 'local', JOH_POOL: 'standard=2/3,burst=0/0' },
    async (product) => {
      const person = await newPerson(product.url, 'claimer');
      for (const name of ['one', 'two']) {
        await person.client.projects.create({ name, template: 'empty' });
      }
      // The moments differ: before the claim is durable, after it, and while the project is prepared.
      for (const afterMs of [3, 25, 120]) {
        const asked = ['one', 'two'].map((name) =>
          person.client.sessions.create({ project: `claimer/${name}` }).catch(() => null),
        );
        await new Promise((resolve) => setTimeout(resolve, afterMs));
        await product.crash();
        await Promise.all(asked);
        await product.restart();
        const opened = await Promise.all(
          ['one', 'two'].map(async (name) => {
            const { id } = await person.client.sessions.create({ project: `claimer/${name}` });
            return person.client.sessions.waitUntilReady(id, { deadlineMs: 60_000 });
          }),
        );
        const roots = new Set(opened.map(({ root }) => root));
        expect(roots.size).toBe(2);
        const { sessions } = await person.client.sessions.list();
        const live = sessions.filter(({ state }) => state !== 'closed' && state !== 'failed');
        expect(live).toHaveLength(2);
        await waitFor(
          async () => {
            const { nodes } = await person.client.nodes();
            const containers = nodes.flatMap((node) => node.containers);
            const claimed = containers.filter(({ state }) => state === 'claimed');
            const ids = containers.map(({ id }) => id).sort();
            const folders = foldersOf(product).sort();
            return claimed.length === 2 && folders.join() === ids.join();
          },
          {
            deadlineMs: 30_000,
            what: 'every container has a row, and every folder a container',
            everyMs: 50,
          },
        );
        for (const { id } of live) await person.client.sessions.remove(id);
        await waitFor(
          async () => {
            const { nodes } = await person.client.nodes();
            const containers = nodes.flatMap((node) => node.containers);
            const isClean = containers.every(({ state }) => state === 'warm');
            return isClean && foldersOf(product).length === containers.length;
          },
          { deadlineMs: 30_000, what: 'only warm ones are left', everyMs: 50 },
        );
      }
    },
  );
});
