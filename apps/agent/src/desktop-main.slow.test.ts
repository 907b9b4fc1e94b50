/**
 * The desktop's agent as a process: whatever ends it, nothing that it started stays; and another user of the
 * computer gets nothing of it. About 10 s, as root.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectWindow, type FakeWindow } from './desktop/fake-shell.ts';

let place: TemporaryFolder;
let agent: ChildProcess;
let window: FakeWindow | null;
let origin: string;
/** In the environment of everything that the agent starts, to find it by. */
let mark: string;

beforeEach(async () => {
  place = await temporaryFolder('desktop-main');
  mark = `DESKTOP_TEST=${randomBytes(12).toString('hex')}`;
  window = null;
  await mkdir(join(place.path, 'project'));
});
afterEach(async () => {
  window?.link.close();
  for (const pid of marked()) process.kill(pid, 'SIGKILL');
  await place.remove();
});

/** Processes of this test. */
function marked(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** An agent with a terminal in which a program runs that no polite signal ends. */
async function startWithTerminal(): Promise<void> {
  const [name = '', value = ''] = mark.split('=');
  agent = spawn(process.execPath, [join(import.meta.dirname, 'desktop-main.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...{ PATH: process.env.PATH, HOME: place.path, SHELL: '/bin/sh', [name]: value },
      XDG_RUNTIME_DIR: place.path,
    },
  });
  const secret = randomBytes(32).toString('hex');
  const folder = join(place.path, 'project');
  const start = { secret, data: join(place.path, 'data'), ide: place.path, port: 0, folder };
  agent.stdin?.write(`${JSON.stringify(start)}\n`);
  const lines = createInterface(agent.stdout as NodeJS.ReadableStream);
  const [first] = await once(lines, 'line');
  const { port } = JSON.parse(first).ready;
  origin = `http://127.0.0.1:${port}`;
  const call = async (what: string, params: object) => {
    const headers = {
      origin,
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
    };
    const body = JSON.stringify(params);
    const answer = await fetch(`${origin}/desktop/${what}`, { method: 'POST', headers, body });
    return (await answer.json()) as { folder: { id: string } };
  };
  const { id } = (await call('describe', { page: '/' })).folder;
  await call('trust', { folder: id, isTrusted: true });
  window = connectWindow({ port, folder: id, secret });
  await window.call('terminals.create', {
    columns: 80,
    rows: 24,
    argv: ['/bin/sh', '-c', 'trap "" HUP TERM INT; while :; do sleep 1; done'],
  });
  // The agent, its pty host, the shell of the terminal and what runs in it.
  await waitFor(() => marked().length >= 4, { deadlineMs: 15_000, what: 'the terminal runs' });
}

it('ends with its input, and takes terminals that ignore signals along', async () => {
  await startWithTerminal();
  const ended = once(agent, 'exit');
  agent.stdin?.end();
  expect(await ended).toEqual([0, null]);
  await waitFor(() => marked().length === 0, { deadlineMs: 8000, what: 'nothing stays' });
});

it('leaves nothing behind when it is killed', async () => {
  await startWithTerminal();
  agent.kill('SIGKILL');
  await waitFor(() => marked().length === 0, { deadlineMs: 15_000, what: 'nothing stays' });
});

it('gives another user of the computer nothing', async () => {
  await startWithTerminal();
  await chmod(place.path, 0o755);
  /** What Debian's `nobody` gets from a command. */
  const asNobody = (...command: string[]) =>
    spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', '--', ...command], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
      timeout: 10_000,
    });
  expect(asNobody('id', '-u').stdout).toBe('65534\n');
  const code = (...parameters: string[]) =>
    asNobody('curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', ...parameters).stdout;
  const describe = ['-X', 'POST', '-d', '{"page":"/"}', '-H', 'content-type: application/json'];
  const call = `${origin}/desktop/describe`;
  expect(code(...describe, call)).toBe('403');
  expect(code(...describe, '-H', `origin: ${origin}`, call)).toBe('401');
  // Nothing that it keeps, none of its sockets, and no environment or memory of its processes.
  expect(asNobody('find', join(place.path, 'data'), '-type', 'f', '-readable').stdout).toBe('');
  const sockets = readFileSync('/proc/net/unix', 'utf8').matchAll(/ (\/\S+)$/gm);
  const paths = Array.from(sockets, ([, path = '']) => path).filter((path) =>
    path.startsWith(place.path),
  );
  expect(paths).not.toEqual([]);
  for (const path of paths) expect([path, asNobody('test', '-w', path).status]).toEqual([path, 1]);
  for (const pid of marked())
    for (const name of ['environ', 'maps', 'mem'])
      expect(asNobody('cat', `/proc/${pid}/${name}`).stdout).toBe('');
});
