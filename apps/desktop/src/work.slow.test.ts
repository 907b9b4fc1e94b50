/** A day's work on the desktop: the real agent and the IDE's bundle in the real window. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cargo } from '../packaging/cargo.ts';
import { tauriDriver } from '../packaging/tauri-driver.ts';
import { clean, drive, type Home, homeIn, launch } from './application.ts';
import { type Display, end, startDisplay } from './display.ts';
import { type IdeWindow, ideWindow } from './ide-window.ts';
import { picture } from './pictures.ts';
import { keys, type WebDriver } from './web-driver.ts';

const template = join(import.meta.dirname, '../../../templates/icebreaker-blinky/files');
let display: Display;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: Home;
let project: string;
let driver: WebDriver;
let ide: IdeWindow;

async function open(...parameters: string[]): Promise<void> {
  driver = await drive(home, ...parameters);
  ide = ideWindow(driver);
}

beforeAll(async () => {
  cargo('build');
  tauriDriver();
  display = await startDisplay('1440x900');
  folder = await temporaryFolder();
  home = homeIn(folder.path, display);
  project = join(home.folder, 'blinky');
  cpSync(template, project, { recursive: true });
  Object.assign(home.environment, { JOH_DESKTOP_CHOICE: project, JOH_SIMULATED_USB: '1' });
}, 1_200_000);
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail')
    await picture(`failed-${task.name.slice(0, 20)}`, driver).catch(() => undefined);
});
afterAll(async () => {
  await clean(home);
  await display.stop();
  await folder.remove();
});

test('a folder is opened by the dialog, and trusted before it may run anything', async () => {
  await open();
  await ide.sees('[data-testid=start-page]', 'Joy of Hardware');
  await picture('start', driver);
  await ide.press('button', 'Open a folder');
  await ide.sees('.view-line', 'module top');
  await ide.sees('[role=treeitem]', 'icebreaker.pcf');
  await picture('restricted', driver);
  await ide.press('.monaco-dialog-box .monaco-button', 'Trust this folder');
  await ide.sees('.xterm-rows');
  await ide.seesNot('.statusbar-item', 'Restricted');
  await picture('ide', driver);
});

test('text is edited with completions', async () => {
  // A terminal that opens takes the keys; then it has its prompt.
  await ide.sees('.xterm-rows', 'blinky');
  await ide.openFile('top.v');
  await ide.intoEditor();
  await driver.chord(keys.control, keys.end);
  await driver.type('\nmodule extra(input wire signal_in, output wire signal_out);\n');
  await driver.type('assign signal_out = sig');
  await ide.sees('.view-line', 'assign signal_out = sig');
  const row = '.suggest-widget .monaco-list-row';
  await waitFor(
    async () => {
      await driver.type(keys.escape);
      await driver.chord(keys.control, ' ');
      return ide.sees(row, 'signal_in', 2000).then(
        () => true,
        () => false,
      );
    },
    { deadlineMs: 60_000, what: 'signal_in is suggested', everyMs: 100 },
  );
  await picture('completion', driver);
  await ide.press(row, 'signal_in');
  await driver.type(';\nendmodule\n');
  await driver.chord(keys.control, 's');
  await ide.seesNot('.tab.dirty');
  expect(await readFile(join(project, 'src/top.v'), 'utf8')).toContain('signal_out = signal_in;');
});

test('the terminal is the user’s own, in the folder', async () => {
  await ide.inTerminal('echo "in $PWD for $HOME"');
  await ide.sees('.xterm-rows', `in ${project} for ${home.folder}`);
});

test('a bitstream is built and a simulated board programmed through the agent', async () => {
  await driver.chord(keys.control, keys.shift, 'b');
  await ide.sees('[data-testid=build-state]', 'Built in', 240_000);
  await picture('built', driver);
  await ide.press('[data-testid=build-view] button', 'Program a board');
  await ide.choose('[data-testid=board-select]', 'iCEBreaker');
  await ide.sees('[data-testid=board-fit]', 'Fits');
  // The jumpers of the simulated board lead to the FPGA.
  await ide.press('[data-testid=board-view] summary', 'SRAM');
  await ide.press('[data-testid=board-target-sram]');
  await ide.press('[data-testid=board-program]');
  await ide.sees('[data-testid=board-result] [data-state=done]', '', 60_000);
  await picture('programmed', driver);
}, 400_000);

test('what was not saved is there after quitting', async () => {
  await ide.openFile('top.v');
  await ide.intoEditor();
  await driver.chord(keys.control, keys.home);
  await driver.type('// not saved');
  await ide.sees('.tab.dirty');
  await driver.stop();
  await home.empties(30_000);
  expect(await readFile(join(project, 'src/top.v'), 'utf8')).not.toContain('not saved');

  await open(project);
  await ide.sees('.tab.dirty');
  await ide.sees('.view-line', '// not saved');
  await picture('unsaved', driver);
});

test('another user of the computer gets nothing of the window or its agent', async () => {
  /** What Debian's `nobody` gets from a command; everything that leads to the home lets it pass. */
  const asNobody = (...command: string[]) =>
    spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', '--', ...command], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
      timeout: 20_000,
    }).stdout;
  for (const path of [folder.path, home.folder]) await chmod(path, 0o755);
  expect(asNobody('ls', home.folder)).toContain('blinky');
  const data = ['.local', '.cache', '.config'].map((name) => join(home.folder, name));
  const readable = asNobody('find', ...data, '-type', 'f', '-readable').split('\n');
  // The size of a window.
  expect(readable.filter((path) => path && !path.endsWith('.window-state.json'))).toEqual([]);
  const running = home.processes().filter(({ command }) => /joy-of-hardware|WebKit/.test(command));
  expect(running.length).toBeGreaterThan(3);
  for (const { pid } of running)
    for (const name of ['environ', 'maps', 'mem'])
      expect(asNobody('cat', `/proc/${pid}/${name}`)).toBe('');
  const origin = `http://127.0.0.1:${home.port()}`;
  const code = ['-s', '-o', '/dev/null', '-w', '%{http_code}'];
  const call = ['-X', 'POST', '-d', '{"page":"/"}', '-H', 'content-type: application/json'];
  expect(asNobody('curl', ...code, ...call, `${origin}/desktop/describe`)).toBe('403');
  const sent = ['-H', `origin: ${origin}`];
  expect(asNobody('curl', ...code, ...call, ...sent, `${origin}/desktop/describe`)).toBe('401');
});

test('a second start opens its folder in another window of the first, which closes alone', async () => {
  const env = home.environment;
  const manager = spawn('openbox', [], { env, stdio: 'ignore' });
  const other = join(home.folder, 'uart');
  cpSync(template, other, { recursive: true });
  const second = launch(home, other);
  await waitFor(() => second.exitCode === 0, { deadlineMs: 30_000, what: 'the second start ends' });
  const windows = () => spawnSync('wmctrl', ['-l'], { env, encoding: 'utf8' }).stdout;
  const isOpen = () => /uart - Joy of Hardware/.test(windows());
  await waitFor(isOpen, { deadlineMs: 60_000, what: 'a window of the folder', everyMs: 100 });
  expect(windows()).toContain('blinky - Joy of Hardware');
  const agents = home
    .processes()
    .filter(({ command }) => command.includes('agent/dist/desktop.js'));
  expect(agents).toHaveLength(1);
  spawnSync('wmctrl', ['-c', 'uart - Joy of Hardware'], { env });
  await waitFor(() => !isOpen(), { deadlineMs: 30_000, what: 'it is closed', everyMs: 100 });
  await end(manager);
  await ide.sees('.view-line', '// not saved');
});

test('an agent that is killed comes back under the same window, with what was not saved', async () => {
  const agent = home.processes().find(({ command }) => command.includes('desktop.js'));
  expect(agent).toBeDefined();
  process.kill(agent!.pid, 'SIGKILL');
  await waitFor(
    () =>
      home
        .processes()
        .some(({ pid, command }) => command.includes('desktop.js') && pid !== agent!.pid),
    { deadlineMs: 20_000, what: 'another agent runs' },
  );
  const isNew = () => driver.url().then((url) => url.includes('?start=2'));
  await waitFor(isNew, { deadlineMs: 30_000, what: 'the page is loaded again', everyMs: 50 });
  await ide.sees('.view-line', '// not saved');
  await ide.sees('[role=treeitem]', 'icebreaker.pcf');
  await ide.openFile('icebreaker.pcf');
  await driver.stop();
  await home.empties(30_000);
});
