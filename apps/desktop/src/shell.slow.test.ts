import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cargo, shellBinary } from '../packaging/cargo.ts';
import { tauriDriver } from '../packaging/tauri-driver.ts';
import { clean, drive, type Home, homeIn, launch } from './application.ts';
import { type Display, end, startDisplay } from './display.ts';
import { picture } from './pictures.ts';

interface About {
  pid: number;
  pages: string[];
  folder: string;
  heard: { reply?: { id: number; folder?: string; failed?: string }; closing?: object }[];
}

const deadlineMs = 40_000;
let display: Display;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let home: Home;
let started: ChildProcess[];

beforeAll(async () => {
  cargo('build');
  tauriDriver();
  display = await startDisplay();
}, 1_200_000);
afterAll(() => display?.stop());
beforeEach(async () => {
  folder = await temporaryFolder();
  started = [];
});
afterEach(async () => {
  await clean(home, ...started);
  await folder.remove();
});

async function about(): Promise<About> {
  const response = await fetch(`http://127.0.0.1:${home.port()}/about`);
  return (await response.json()) as About;
}

/** Waits until the agent answers, and is not the one with the process id `before`. */
function agentAfter(before = 0): Promise<About> {
  const look = () =>
    about().then(
      (now) => now.pid !== before && now,
      () => false as const,
    );
  return waitFor(look, { deadlineMs, what: 'an agent answers' });
}

interface Wish extends Record<string, unknown> {
  id: number;
  kind: string;
}

/** Has the agent ask the shell. */
async function wish(request: Wish): Promise<void> {
  const body = JSON.stringify({ request: { page: '/', ...request } });
  await fetch(`http://127.0.0.1:${home.port()}/say`, { method: 'POST', body });
}

/** Has the agent ask the shell, and gives the reply. */
async function ask(request: Wish) {
  await wish(request);
  const look = async () =>
    (await about()).heard.find((line) => line.reply?.id === request.id)?.reply;
  return waitFor(look, { deadlineMs, what: `a reply to ${request.kind}` });
}

function start(...parameters: string[]): ChildProcess {
  const child = launch(home, ...parameters);
  started.push(child);
  return child;
}

/** The exit code, or the signal, of a process that ends by itself. */
async function ending(child: ChildProcess): Promise<string | number> {
  const look = () => child.exitCode !== null || child.signalCode !== null;
  await waitFor(look, { deadlineMs, what: 'the application ends' });
  return child.exitCode ?? child.signalCode ?? '';
}

const textOf = (selector: string) => `return document.querySelector('${selector}').textContent`;

describe('a window', () => {
  test('shows the page of the agent that has proved itself, and no page can call the shell', async () => {
    home = homeIn(folder.path, display, '');
    const project = join(folder.path, 'blinky');
    await mkdir(project);
    const driver = await drive(home, project);
    const token = await waitFor(() => driver.evaluate<string>(textOf('#token')).catch(() => ''), {
      deadlineMs,
      what: 'the page has its secret',
    });
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    const { pid, folder: opened } = await about();
    expect(opened).toBe(project);
    for (const file of ['cmdline', 'environ'])
      expect(readFileSync(`/proc/${pid}/${file}`, 'utf8')).not.toContain(token);
    expect(home.log()).not.toContain(token);
    expect(await driver.title()).toBe('fake /');

    const call = `return window.__TAURI_INTERNALS__.invoke(given[0], given[1])
      .then(() => 'done', (error) => String(error))`;
    for (const [name, parameters] of [
      ['plugin:window|close', {}],
      ['plugin:app|version', {}],
      ['plugin:window-state|save_window_state', { flags: 1 }],
      ['plugin:event|emit', { event: 'x', payload: 1 }],
    ] as const) {
      expect(await driver.evaluate(call, name, parameters)).toMatch(
        /not allowed|denied|not found/i,
      );
    }
    await driver.stop();
    await home.empties(deadlineMs);
  });

  test('stays with the agent, and opens links in other programs', async () => {
    home = homeIn(folder.path, display, '');
    const driver = await drive(home);
    await waitFor(() => driver.evaluate<string>(textOf('#token')).catch(() => ''), { deadlineMs });
    const here = await driver.url();
    const leave = 'setTimeout(() => { location.href = given[0] })';
    for (const there of ['http://127.0.0.1:9/', 'joy-shell:quit', 'file:///etc/passwd'])
      await driver.evaluate(leave, there);
    await driver.click('#outside');
    await waitFor(() => home.opened().length > 0, { deadlineMs, what: 'the link is opened' });
    expect(home.opened()).toEqual(['https://example.org/manual']);
    expect(await driver.url()).toBe(here);
    await driver.stop();
    await home.empties(deadlineMs);
  });

  test('says why there is no agent, and tries again when told', async () => {
    home = homeIn(folder.path, display, 'failing');
    const driver = await drive(home);
    const why = () => driver.evaluate<string>(textOf('#why')).catch(() => '');
    expect(await waitFor(why, { deadlineMs })).toBe(
      'The folder of settings cannot be written. (E_DESKTOP)',
    );
    await picture('no-agent', driver);
    const starts = () => home.log().split('fake agent: started').length - 1;
    expect(starts()).toBe(1);
    await driver.click('#retry');
    await waitFor(() => starts() === 2, { deadlineMs, what: 'a second start' });
    await driver.stop();
    await home.empties(deadlineMs);
  });

  test('believes no other program that listens', async () => {
    home = homeIn(folder.path, display, 'lying');
    const driver = await drive(home);
    const why = () => driver.evaluate<string>(textOf('#why')).catch(() => '');
    expect(await waitFor(why, { deadlineMs })).toContain('did not prove');
    await driver.stop();
    await home.empties(deadlineMs);
  });
});

test('a page whose process dies is loaded again', async () => {
  home = homeIn(folder.path, display, '');
  const child = start();
  const { pid } = await agentAfter();
  const loads = async () => (await about()).pages.filter((path) => path === '/').length;
  await waitFor(async () => (await loads()) === 1, { deadlineMs });
  for (const one of home.processes().filter(({ command }) => command.includes('WebKitWebProcess')))
    process.kill(one.pid, 'SIGKILL');
  await waitFor(async () => (await loads()) === 2, { deadlineMs, what: 'the page comes back' });
  expect((await about()).pid).toBe(pid);
  child.kill('SIGTERM');
  expect(await ending(child)).toBe(0);
  await home.empties(deadlineMs);
});

test('a page that closes itself takes its window along', async () => {
  home = homeIn(folder.path, display, '');
  const child = start();
  await agentAfter();
  const path = '/folder/closing';
  const loads = async () => (await about()).pages.filter((one) => one === path).length;
  await ask({ id: 1, kind: 'new-window', path });
  await waitFor(async () => (await loads()) === 1, { deadlineMs });
  // A window that shows it would be brought to the front, and load nothing.
  const again = async (id: number) => {
    await ask({ id, kind: 'new-window', path });
    return (await loads()) > 1;
  };
  let id = 2;
  await waitFor(() => again(id++), { deadlineMs, what: 'the window is gone', everyMs: 100 });
  await wish({ id, kind: 'close-window' });
  expect(await ending(child)).toBe(0);
  await home.empties(deadlineMs);
});

test('the application starts again with the same pages', async () => {
  home = homeIn(folder.path, display, '');
  const project = join(folder.path, 'blinky');
  await mkdir(project);
  const child = start(project);
  const { pid } = await agentAfter();
  await ask({ id: 1, kind: 'new-window', path: '/folder/uart' });
  await waitFor(async () => (await about()).pages.includes('/folder/uart'), { deadlineMs });
  expect(await ask({ id: 2, kind: 'zoom', factor: 1.2 })).toEqual({ id: 2 });
  const nowhere = await ask({ id: 3, kind: 'zoom', page: '/folder/a', factor: 1 });
  expect(nowhere?.failed).toContain('in no window');
  await wish({ id: 4, kind: 'restart' });
  expect(await ending(child)).toBe(0);
  expect((await agentAfter(pid)).folder).toBe(project);
  const pages = () =>
    about().then(
      (now) => now.pages.toSorted().join(),
      () => '',
    );
  const both = async () => (await pages()) === '/,/folder/uart';
  await waitFor(both, { deadlineMs, what: 'both pages are there' });
  const [shell, ...others] = home
    .processes()
    .filter(({ command }) => command.startsWith(shellBinary()));
  expect(others).toEqual([]);
  process.kill(shell!.pid, 'SIGTERM');
  await home.empties(deadlineMs);
});

describe('what the agent asks', () => {
  test('is done for a page, and answered once', async () => {
    home = homeIn(folder.path, display, '');
    const project = join(folder.path, 'uart');
    await mkdir(project);
    await writeFile(join(project, 'top.v'), '');
    home.environment.JOH_DESKTOP_CHOICE = project;
    const child = start();
    await agentAfter();
    expect(await ask({ id: 1, kind: 'choose-folder', startIn: null })).toEqual({
      id: 1,
      folder: project,
    });
    expect(await ask({ id: 2, kind: 'open-external', url: 'mailto:ada@example.org' })).toEqual({
      id: 2,
    });
    expect(await ask({ id: 3, kind: 'reveal', path: join(project, 'top.v') })).toEqual({ id: 3 });
    expect(home.opened()).toEqual(['mailto:ada@example.org', project]);
    for (let id = 4; id < 9; id += 1)
      await ask({ id, kind: 'open-external', url: 'https://example.org/' });
    const flood = await ask({ id: 20, kind: 'open-external', url: 'https://example.org/' });
    expect(flood?.failed).toContain('Too many');
    expect(await ask({ id: 9, kind: 'new-window', path: '/folder/uart' })).toEqual({ id: 9 });
    await waitFor(async () => (await about()).pages.includes('/folder/uart'), { deadlineMs });
    // The agent may be gone before anybody has read the reply.
    await wish({ id: 10, kind: 'quit' });
    expect(await ending(child)).toBe(0);
    expect(home.log()).toContain('{"closing":{"page":null}}');
    await home.empties(deadlineMs);
  });
});

describe('closing', () => {
  test('asks the page of a window first, and the last window takes the agent along', async () => {
    home = homeIn(folder.path, display, '');
    const env = home.environment;
    const manager = spawn('openbox', [], { env, stdio: 'ignore' });
    started.push(manager);
    const child = start();
    await agentAfter();
    await ask({ id: 1, kind: 'new-window', path: '/folder/uart' });
    const close = (title: string) =>
      waitFor(() => spawnSync('wmctrl', ['-F', '-c', title], { env }).status === 0, {
        deadlineMs,
        what: `a window has the title ${title}`,
        everyMs: 50,
      });
    await close('fake /');
    const closings = async () => (await about()).heard.filter((line) => line.closing);
    await waitFor(async () => (await closings()).length === 1, { deadlineMs });
    expect(await closings()).toEqual([{ closing: { page: '/' } }]);
    await close('fake /folder/uart');
    expect(await ending(child)).toBe(0);
    expect(home.log()).toContain('{"closing":{"page":null}}');
    await end(manager);
    await home.empties(deadlineMs);
  });
});

describe('a second start', () => {
  test('opens its folder in a window of the first', async () => {
    home = homeIn(folder.path, display, '');
    const project = join(folder.path, 'second');
    await mkdir(project);
    const first = start();
    await agentAfter();
    expect(await ending(start(`file://${project}`))).toBe(0);
    await waitFor(async () => (await about()).pages.includes('/folder/second'), { deadlineMs });
    first.kill('SIGTERM');
    expect(await ending(first)).toBe(0);
    await home.empties(deadlineMs);
  });

  test('without a session bus leaves the first alone', async () => {
    home = homeIn(folder.path, display, '');
    delete home.environment.DBUS_SESSION_BUS_ADDRESS;
    const first = start();
    const { pid } = await agentAfter();
    expect(await ending(start())).toBe(1);
    expect((await about()).pid).toBe(pid);
    first.kill('SIGTERM');
    expect(await ending(first)).toBe(0);
    await home.empties(deadlineMs);
  });
});

describe('the agent', () => {
  test.each(['', 'deaf'])('does not outlive a shell that is killed (%j)', async (sin) => {
    home = homeIn(folder.path, display, sin);
    const child = start();
    await agentAfter();
    child.kill('SIGKILL');
    await ending(child);
    await home.empties(deadlineMs);
  });

  test('that is too busy to hear does not outlive it either', async () => {
    home = homeIn(folder.path, display, '');
    const child = start();
    await agentAfter();
    await fetch(`http://127.0.0.1:${home.port()}/busy`, { method: 'POST' });
    child.kill('SIGKILL');
    await ending(child);
    await home.empties(deadlineMs);
  });

  test('that hears nothing is ended with the shell', async () => {
    home = homeIn(folder.path, display, 'deaf');
    const child = start();
    await agentAfter();
    child.kill('SIGTERM');
    expect(await ending(child)).toBe(0);
    await home.empties(deadlineMs);
  });

  test('that is killed comes back at its port, with the page and a new secret', async () => {
    home = homeIn(folder.path, display, '');
    const driver = await drive(home);
    const secret = () => driver.evaluate<string>(textOf('#token')).catch(() => '');
    const before = await waitFor(secret, { deadlineMs });
    const { pid } = await about();
    const port = home.port();
    process.kill(pid, 'SIGKILL');
    await agentAfter(pid);
    const after = await waitFor(
      async () => {
        const now = await secret();
        return now !== before && now;
      },
      { deadlineMs, what: 'the page has the new secret' },
    );
    expect(after).toMatch(/^[0-9a-f]{64}$/);
    expect(home.port()).toBe(port);
    await driver.stop();
    await home.empties(deadlineMs);
  });

  test('that dies each time is given up', async () => {
    home = homeIn(folder.path, display, 'dying');
    const driver = await drive(home);
    const why = () => driver.evaluate<string>(textOf('#why')).catch(() => '');
    expect(await waitFor(why, { deadlineMs })).toContain('ended by itself (exit status: 3)');
    expect(home.log().split('ended by itself').length - 1).toBe(4);
    await driver.stop();
    await home.empties(deadlineMs);
  });
});
