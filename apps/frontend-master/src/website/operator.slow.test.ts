import { type PoolWish, poolWish, type Rack } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SampleNode, sampleRack } from './sample-rack.ts';
import { pageBytes, signUp, startTestSite, type TestSite } from './test-site.ts';

let site: TestSite;
let page: Page;
let rack: Rack;
let looks = 0;
let asked: { call: string; body: unknown }[] = [];
const full = (change: Record<number, SampleNode> = {}) =>
  Array.from({ length: 14 }, (_, index) => change[index] ?? {});

beforeAll(async () => {
  const content = { templates: [], listProjects: async () => [], rack: async () => rack };
  rack = sampleRack(full());
  site = await startTestSite(content, process.env, ({ app }) => {
    app.get('/api/rack', async () => {
      looks += 1;
      return rack;
    });
    const note = async (request: { method: string; url: string; body: unknown }) => {
      asked.push({ call: `${request.method} ${request.url}`, body: request.body });
      return {
        command: 'curl -fsS https://joy.example/nodes/join.sh | sh',
        token: 'secret',
        expiresAt: new Date(Date.parse(rack.at) + 900_000).toISOString(),
        authorityFingerprint: 'ab'.repeat(32),
      };
    };
    app.post('/api/nodes/joins', note);
    app.post('/api/nodes/:node/:verb', note);
    app.put('/api/pool', note);
  });
  page = await site.open('/sign-up', { width: 1400, height: 900 });
  await signUp(page, 'ada', 'ada@example.org');
  await page.waitForURL('**/projects');
});
afterAll(async () => {
  await page?.context().close();
  await site?.close();
});
beforeEach(() => {
  rack = sampleRack(full());
  asked = [];
});
const look = async () => {
  const before = looks;
  await waitFor(() => looks > before + 1, { deadlineMs: 10_000, what: 'the page looks' });
};

describe('the operator’s page', () => {
  it('is in the bar of operators, and written before any script ran', async () => {
    await page.getByRole('link', { name: 'Rack' }).click();
    await page.getByTestId('unit-node13').waitFor();
    await page.getByText('Live ·').waitFor();
    // Before the fetch below, which counts as a file of the page.
    expect(await pageBytes(page)).toBeLessThan(100_000);
    const html = await page.evaluate(async () => (await fetch('/operator')).text());
    expect(html).toContain('unit-node13');
    await site.picture(page, 'operator');
  });

  it('is an error like any other to everybody else', async () => {
    const other = await site.open('/sign-up?next=%2Foperator');
    await signUp(other, 'bob', 'bob@example.org');
    await other.waitForURL('**/operator');
    expect(await other.getByRole('alert').textContent()).toContain('Only an operator');
    expect(await other.getByRole('link', { name: 'Rack' }).count()).toBe(0);
    await other.context().close();
  });

  it('shows what changes, and says it to who cannot see it', async () => {
    await look();
    rack = sampleRack(full({ 3: { state: 'unreachable', reason: 'Its daemon does not answer.' } }));
    await page.getByText('13 of 14').waitFor();
    await page.getByTestId('unit-node3').getByText('Its daemon does not answer.').waitFor();
    expect(await page.getByRole('status').first().textContent()).toContain('node3 is silent.');
  });

  it('keeps focus and open details while it changes', async () => {
    await page.getByRole('button', { name: 'Details of node2' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'Containers of node2' }).waitFor();
    rack = sampleRack(full({ 2: { standard: ['claimed', 'warm'] } }));
    await page
      .getByTestId('unit-node2')
      .getByRole('img', { name: 'standard: 1 in use, 1 warm, 11 free' })
      .waitFor();
    const focused = "document.activeElement.getAttribute('aria-label')";
    expect(await page.evaluate(focused)).toBe('Details of node2');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('table', { name: 'Containers of node2' }).count()).toBe(0);
  });

  it('asks before it drains, by keyboard, and not before it returns', async () => {
    rack = sampleRack(full({ 4: { state: 'draining' }, 5: { standard: ['claimed', 'warm'] } }));
    await look();
    await page.getByRole('button', { name: 'Drain node5' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Drain node5?' });
    await dialog.getByText('1 session on it goes on until it ends').waitFor();
    await site.picture(page, 'operator-drain');
    await page.keyboard.press('Escape');
    expect(asked).toEqual([]);
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Return node4' }).click();
    await waitFor(() => asked.length === 2);
    expect(asked.map(({ call }) => call)).toEqual([
      'POST /api/nodes/node5/drain',
      'POST /api/nodes/node4/return',
    ]);
  });

  it('leaves a form alone while it is filled in, and sends the whole wish', async () => {
    rack.pool.wish = poolWish.parse({ nodes: { node1: { burst: { warm: 1, max: 2 } } } });
    await look();
    const pool = page.getByRole('region', { name: 'Wanted' });
    await pool.getByLabel('standard warm').fill('5');
    rack = sampleRack(full(), { lastEvent: 1 });
    rack.pool.wish = poolWish.parse({
      nodes: { node1: { burst: { warm: 1, max: 2 } } },
      refillPerMinute: 30,
    });
    await look();
    await pool.getByRole('button', { name: 'Save' }).click();
    await pool.getByText('give both numbers').waitFor();
    await pool.getByLabel('standard at most').fill('9');
    await pool.getByRole('button', { name: 'Save' }).click();
    await waitFor(() => asked.length === 1);
    const sent = asked[0]?.body as PoolWish;
    expect(sent.classes).toEqual({ standard: { warm: 5, max: 9 } });
    expect(sent.nodes).toEqual({ node1: { burst: { warm: 1, max: 2 } } });
  });

  it('shows the command that adds a node, and then the node', async () => {
    await page.getByRole('button', { name: 'Add a node' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a node' });
    await dialog.getByLabel('Name').fill('node14');
    await dialog.getByLabel('Address').fill('10.0.0.15');
    await dialog.getByLabel('Labels').fill('rack=c, purpose=class');
    await dialog.getByRole('button', { name: 'Show the command' }).click();
    await dialog.getByText('join.sh | sh').waitFor();
    await dialog.getByText('Waiting for node14').waitFor();
    expect(asked[0]?.body).toEqual({
      name: 'node14',
      host: '10.0.0.15',
      port: 2376,
      labels: { rack: 'c', purpose: 'class' },
    });
    await site.picture(page, 'operator-join');
    rack = sampleRack([...full(), { address: '10.0.0.15:2376' }]);
    await dialog.getByText('node14 has joined: 28 cores, 128 GB.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await waitFor(async () => !(await page.content()).includes('join.sh | sh'));
  });

  it('says when FrontendMaster does not answer, and goes on when it does', async () => {
    await page.route('**/api/rack*', (route) => route.abort());
    await page.getByText('FrontendMaster does not answer.').waitFor();
    await site.picture(page, 'operator-silent');
    await page.unroute('**/api/rack*');
    await page.getByText('Live ·').waitFor();
    expect(await page.getByText('FrontendMaster does not answer.').isVisible()).toBe(false);
  });

  it('does not look while nobody sees it', async () => {
    await page.evaluate(`Object.defineProperty(document, 'hidden', { value: true, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'))`);
    await page.getByText('Paused while nobody looks').waitFor();
    const before = looks;
    // Long enough for two looks, if there were any.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2_500)));
    expect(looks - before).toBeLessThanOrEqual(1);
    await page.evaluate(`delete document.hidden;
      document.dispatchEvent(new Event('visibilitychange'))`);
    await page.getByText('Live ·').waitFor();
  });
});
