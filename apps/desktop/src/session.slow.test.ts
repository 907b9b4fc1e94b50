/** A session of the cloud in the real window: the real agent beside it, a real FrontendMaster behind that. */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Product, startProduct, temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cargo } from '../packaging/cargo.ts';
import { tauriDriver } from '../packaging/tauri-driver.ts';
import { clean, drive, type Home, homeIn } from './application.ts';
import { type Display, startDisplay } from './display.ts';
import { type IdeWindow, ideWindow } from './ide-window.ts';
import { picture } from './pictures.ts';
import { keys, type WebDriver } from './web-driver.ts';

const image = join(import.meta.dirname, '../../../packages/bitstream/fixtures/up5k-memory.bin');
let display: Display;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: Home;
let product: Product;
let driver: WebDriver;
let ide: IdeWindow;
let signedIn: Record<string, string> = {};

interface Session {
  id: string;
  state: string;
  root: string;
  token: string;
}

beforeAll(async () => {
  cargo('build');
  tauriDriver();
  [display, folder, product] = await Promise.all([
    startDisplay('1440x900'),
    temporaryFolder(),
    startProduct({ JOH_ENGINE: 'local' }),
  ]);
  home = homeIn(folder.path, display);
  home.environment.JOH_SIMULATED_USB = '1';
  await signIn();
}, 1_200_000);
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail')
    await picture(`failed-${task.name.slice(0, 20)}`, driver).catch(() => undefined);
});
afterAll(async () => {
  await clean(home);
  await product.stop();
  await display.stop();
  await folder.remove();
});

async function ask(method: string, path: string, body?: object): Promise<Session> {
  const headers = { ...signedIn, ...(body ? { 'content-type': 'application/json' } : {}) };
  const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
  return (await (await fetch(product.url + path, init)).json()) as Session;
}

/** As the start page would have it by the system's browser. */
async function signIn(): Promise<void> {
  const ada = { email: 'ada@example.com', name: 'ada', password: 'correct horse battery' };
  const { token } = await ask('POST', '/api/auth/sign-up', ada);
  signedIn = { authorization: `Bearer ${token}` };
  await ask('POST', '/api/projects', { name: 'lamp', template: 'icebreaker-blinky' });
  const data = join(home.folder, '.local/share/joy-of-hardware/agent');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const kept = { url: product.url, account: 'ada', token };
  writeFileSync(join(data, 'cloud.json'), JSON.stringify(kept), { mode: 0o600 });
}

/** As if the project had been built there: what the Board view offers to program. */
async function openBuilt(): Promise<Session> {
  const { id } = await ask('POST', '/api/sessions', { project: 'ada/lamp' });
  const session = await waitFor(
    async () => {
      const now = await ask('GET', `/api/sessions/${id}`);
      return now.state === 'ready' && now;
    },
    { deadlineMs: 60_000, what: 'the session is ready', everyMs: 50 },
  );
  const build = join(session.root, 'build');
  mkdirSync(build);
  copyFileSync(image, join(build, 'top.bin'));
  const bitstream = {
    ...{
      path: join(build, 'top.bin'),
      format: 'iCE40 binary image',
      family: 'ice40',
      device: 'up5k',
    },
    ...{ package: null, sizeBytes: 104_090, comment: null, crc: 'valid' },
  };
  const record = {
    ...{ id: 'build_0123456789abcdef', state: 'succeeded', toolchain: 'native' },
    ...{ board: 'icebreaker', startedAt: '2030-01-01T00:00:00Z', durationMs: 1000, bitstream },
    ...{ problems: [], utilisation: [], timing: [], failure: null },
  };
  writeFileSync(join(build, '.joh-build.json'), JSON.stringify(record));
  return session;
}

test('a session of the cloud is worked in, with the board of the desk, and goes on after quitting', async () => {
  const { id, root } = await openBuilt();
  driver = await drive(home);
  ide = ideWindow(driver);
  await ide.sees('[data-testid=cloud-lamp] .running', 'running');
  await picture('session-start', driver);
  await ide.press('[data-testid=cloud-lamp] button', 'Open in the cloud');
  await ide.sees('.view-line', 'module top');
  expect(new URL(await driver.url()).pathname).toBe(`/session/${id}`);
  await ide.sees('.statusbar-item', 'ada/lamp');
  await ide.sees('.xterm-rows', 'lamp');
  await ide.inTerminal('clear; echo "in $PWD"');
  await ide.sees('.xterm-rows', `in ${root}`);

  await ide.command('FPGA: Program a Board');
  await ide.choose('[data-testid=board-select]', 'iCEBreaker');
  await ide.sees('[data-testid=board-fit]', 'Fits');
  await ide.press('[data-testid=board-view] summary', 'SRAM');
  await ide.press('[data-testid=board-target-sram]');
  await ide.press('[data-testid=board-program]');
  await ide.sees('[data-testid=board-result] [data-state=done]', 'CDONE', 60_000);
  await picture('session', driver);

  await ide.openFile('top.v');
  await ide.intoEditor();
  await driver.chord(keys.control, keys.home);
  await driver.type('// not saved');
  await ide.sees('.tab.dirty');
  await driver.stop();
  await home.empties(30_000);
  expect((await ask('GET', `/api/sessions/${id}`)).state).toMatch(/ready|detached/);

  // The same session, with text that was kept on this computer.
  driver = await drive(home);
  ide = ideWindow(driver);
  await ide.press('[data-testid=cloud-lamp] button', 'Open in the cloud');
  await ide.sees('.view-line', '// not saved');
  // It is closed somewhere else.
  await fetch(`${product.url}/api/sessions/${id}`, { method: 'DELETE', headers: signedIn });
  await ide.sees('[data-testid=connection-banner]', 'This session has ended.');
  await picture('session-ended', driver);
  await ide.press('[data-testid=connection-banner] button', 'Back to projects');
  await ide.sees('[data-testid=cloud-lamp]', 'Clone');
  await driver.stop();
  await home.empties(30_000);
  await waitFor(async () => (await ask('GET', `/api/sessions/${id}`)).state === 'closed', {
    ...{ deadlineMs: 40_000, what: 'the session is closed', everyMs: 50 },
  });
}, 300_000);
