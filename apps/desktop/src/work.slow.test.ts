/** A day's work on the desktop: the real agent and the IDE's bundle in the real window. */
import { cpSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cargo } from '../packaging/cargo.ts';
import { tauriDriver } from '../packaging/tauri-driver.ts';
import { clean, drive, type Home, homeIn } from './application.ts';
import { type Display, startDisplay } from './display.ts';
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
