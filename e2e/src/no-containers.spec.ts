/** When there is no container to be had: all are in use, or the engine is absent or dies. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session } from '@joh/protocol';
import { type Product, waitFor, withProduct } from '@joh/testkit';
import { createJoh } from './joh.ts';
import { enter, newPerson } from './person.ts';
import { expect, test } from './product-test.ts';

test.use({ actionTimeout: 20_000 });
test.setTimeout(120_000);

test('with every container in use, one waits in a queue, sees the place and every stage, and is served', async ({
  page,
}) => {
  await withProduct(
    { JOH_ENGINE: 'local', JOH_POOL: 'standard=1/1,burst=0/0' },
    async (product) => {
      const joh = await createJoh(product.url);
      try {
        const first = await newPerson(product.url, 'first');
        const { session } = await first.openProject('blinky');
        const pool = await first.client.pool();
        expect(pool.classes.map(({ wantedWarm }) => wantedWarm)).toEqual([1, 0]);

        const second = await newPerson(product.url, 'second');
        await second.client.projects.create({ name: 'mine', template: 'empty' });
        await enter(page, product.url, second);
        await page.goto(`${product.url}/open/second/mine`);
        const stages = page.getByRole('status', { name: 'Progress' });
        await expect(stages).toContainText(
          'Waiting for a free container. You are number 1 in the queue.',
          {
            timeout: 3_000,
          },
        );

        const third = await newPerson(product.url, 'third');
        await third.client.projects.create({ name: 'later', template: 'empty' });
        await joh.run(['login', '--email', third.email, '--password-stdin'], `${third.password}\n`);
        const opening = joh.run(['open', 'later', '--no-browser', '--json']);
        await waitFor(async () => (await first.client.pool()).queue === 2, {
          deadlineMs: 10_000,
          what: 'two wait',
          everyMs: 50,
        });
        const [waiting] = (await third.client.sessions.list()).sessions;
        expect(waiting).toMatchObject({
          state: 'queued',
          position: 2,
          progress: { stage: 'queue', message: 'Waiting for a free container.' },
        });

        // No moment of the way is without a word: what it waits for, or what is being done.
        const heard: Session[] = [];
        const served = third.client.sessions.waitUntilReady(waiting?.id ?? '', {
          deadlineMs: 60_000,
          onProgress: (now) => void heard.push(now),
        });
        await first.client.sessions.remove(session);
        await page.waitForURL('**/ide/session_*', { timeout: 30_000 });
        await waitFor(() => heard.some(({ position }) => position === 1), {
          deadlineMs: 5_000,
          what: 'the third is next',
          everyMs: 50,
        });
        await second.client.sessions.remove(page.url().split('/').at(-1) ?? '');
        await served;
        const silent = heard.filter(
          ({ state, progress }) => state !== 'ready' && !progress?.message,
        );
        expect(silent).toEqual([]);
        expect(heard.map(({ progress }) => progress?.stage)).toEqual(
          expect.arrayContaining(['queue', 'claim']),
        );
        const opened = await opening;
        expect(opened.code, opened.errors).toBe(0);
        expect(opened.errors).toMatch(/Number 2 in the queue\.[\s\S]*Number 1 in the queue\./);
        await third.client.sessions.remove(JSON.parse(opened.output).session);
        await waitFor(
          async () => {
            const { classes, queue } = await first.client.pool();
            return queue === 0 && classes[0]?.claimed === 0 && classes[0].warm === 1;
          },
          { deadlineMs: 30_000, what: 'everything has ended', everyMs: 50 },
        );
      } finally {
        await joh.remove();
      }
    },
  );
});

test('without its engine FrontendMaster stays up and says so; it notices an engine that comes, and one that dies', async ({
  page,
}) => {
  const folder = await mkdtemp(join(tmpdir(), 'joh-no-docker-'));
  const socket = join(folder, 'docker.sock');
  const environment = { JOH_ENGINE: 'docker', DOCKER_HOST: `unix://${socket}` };
  const work = async (product: Product) => {
    const person = await newPerson(product.url, 'patient');
    const problem = (pattern: RegExp) =>
      waitFor(
        async () => {
          const said = (await person.client.pool()).problem ?? '';
          if (pattern.test(said)) return said;
          throw new Error(said);
        },
        { deadlineMs: 15_000, what: `the pool says ${pattern}`, everyMs: 50 },
      );
    /** A daemon that answers, and refuses everything for a reason of its own. */
    const daemon = createServer((request, response) => {
      response.setHeader('api-version', '1.41');
      const isPing = request.url === '/_ping';
      response.writeHead(isPing ? 200 : 500, { 'content-type': 'application/json' });
      response.end(isPing ? 'OK' : '{"message":"the disk of the daemon is broken"}');
    });
    try {
      const absent = await problem(/no such socket/);
      expect(absent).toContain(`${socket}): there is no such socket. Start Docker`);
      expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
      const ready = await fetch(`${product.url}/readyz`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ status: 'filling', warm: 0, problem: absent });

      await person.client.projects.create({ name: 'mine', template: 'empty' });
      await enter(page, product.url, person);
      await page.goto(`${product.url}/open/patient/mine`);
      await expect(page.getByTestId('opening')).toContainText('no such socket', { timeout: 3_000 });
      await expect(page.getByTestId('opening')).toContainText('number 1 in the queue');

      await new Promise<void>((resolve) => daemon.listen(socket, resolve));
      await problem(/the disk of the daemon is broken/);
      await expect(page.getByTestId('opening')).toContainText('the disk of the daemon is broken');
      daemon.closeAllConnections();
      await new Promise((resolve) => daemon.close(resolve));
      await problem(/no such socket|no daemon listens/);
      expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
      expect((await person.client.projects.list()).projects).toHaveLength(1);
    } finally {
      daemon.close();
    }
  };
  await withProduct(environment, work, { warms: false }).finally(() =>
    rm(folder, { recursive: true, force: true }),
  );
});
