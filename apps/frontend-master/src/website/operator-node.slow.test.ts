import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type DockerCluster, type Product, startDockerCluster, startProduct } from '@joh/testkit';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { browserOptions, signUp } from './test-site.ts';

let cluster: DockerCluster;
let product: Product;
let browser: Browser;
const pictures = process.env.JOH_PICTURES;

beforeAll(async () => {
  const app = join(import.meta.dirname, '..', '..');
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: app });
  cluster = await startDockerCluster({ nodes: 1, as: 'machines' });
  product = await startProduct(
    {
      ...{ JOH_ENGINE: 'docker', DOCKER_HOST: 'none', JOH_POOL: 'standard=0/3,burst=0/2' },
      JOH_DOOR: `http://${cluster.testAddress}:8787`,
    },
    { warms: false },
  );
  browser = await chromium.launch(browserOptions(process.env));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await cluster?.remove();
});

it('an operator adds a real machine by the page alone, and lets it go', async () => {
  const [machine] = cluster.nodes;
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  page.setDefaultTimeout(30_000);
  await page.goto(`${product.url}/sign-up?next=%2Foperator`);
  await signUp(page, 'ada', 'ada@example.org');
  await page.getByText('There is no compute node yet.').waitFor();
  await page.getByRole('button', { name: 'Add a node' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a node' });
  await dialog.getByLabel('Name').fill('first');
  await dialog.getByLabel('Address').fill(machine!.address);
  await dialog.getByLabel('Labels').fill('rack=a');
  await dialog.getByRole('button', { name: 'Show the command' }).click();
  await dialog.getByText('Waiting for first').waitFor();
  const command = await dialog.getByLabel('Command').textContent();
  if (pictures) await page.screenshot({ path: join(pictures, 'operator-command.png') });

  const [enter = '', ...inside] = machine!.enter;
  const pasted = spawnSync(enter, [...inside, 'sh'], {
    input: command ?? '',
    encoding: 'utf8',
    env: { PATH: process.env.PATH, JOH_JOIN_RESTART: machine!.restartCommand },
  });
  expect(pasted.stdout + pasted.stderr).toContain('ready as first');

  await dialog.getByText('first has joined').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  const unit = page.getByTestId('unit-first');
  await unit.getByText('Ready').waitFor();
  await unit.getByText('rack=a').waitFor();
  await unit.getByRole('img', { name: 'standard: 3 free' }).waitFor();
  if (pictures) await page.screenshot({ path: join(pictures, 'operator-joined.png') });
  await unit.getByRole('button', { name: 'Remove first' }).click();
  const ask = page.getByRole('dialog', { name: 'Remove first?' });
  await ask.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('There is no compute node yet.').waitFor();
  await page.getByRole('region', { name: 'Decisions' }).getByText(/first/).first().waitFor();
});
