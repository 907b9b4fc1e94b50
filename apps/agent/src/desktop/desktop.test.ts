/** The desktop's agent over its real port: who gets in, what a window can do, what outlives it. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { type Clock, systemClock } from '@joh/clock';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { limits } from '#limits';
import { type FakeShell, type FakeShellOptions, startFakeShell } from './fake-shell.ts';
import { portProof } from './gate.ts';

let place: TemporaryFolder;
let shells: FakeShell[];

beforeEach(async () => {
  place = await temporaryFolder('desktop');
  shells = [];
  for (const name of ['home', 'ide/assets', 'project'])
    await mkdir(join(place.path, name), { recursive: true });
  await writeFile(join(place.path, 'ide/index.html'), '<!doctype html><head></head>');
  await writeFile(join(place.path, 'ide/assets/main-1.js'), 'export {};');
  await writeFile(join(place.path, 'ide/secret.txt'), 'not to be served');
  await writeFile(join(place.path, 'project/top.v'), 'module top; endmodule\n');
});
afterEach(async () => {
  for (const shell of shells) await shell.end();
  await place.remove();
});

async function start(options: Omit<FakeShellOptions, 'at'> = {}): Promise<FakeShell> {
  const shell = await startFakeShell({ at: place.path, ...options });
  shells.push(shell);
  return shell;
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A request with every header chosen, which `fetch` does not let one do. */
function ask(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method, headers },
      async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

describe('who gets in', () => {
  it('proves its port to the shell, and serves the bundle without a secret in it', async () => {
    const { port, secret, lines } = await start();
    expect(lines[0]).toEqual({ ready: { port, proof: portProof(secret, port) } });
    const page = await ask(port, '/');
    expect(page).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(page.body).toContain('<meta name="joh-server" content="desktop"');
    expect(page.body).not.toContain(secret);
    expect(page.headers['content-security-policy']).toContain(`ws://127.0.0.1:${port}`);
    const asset = await ask(port, '/ide/assets/main-1.js');
    expect(asset.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect((await ask(port, '/start')).status).toBe(200);
  });

  it('serves nothing beside the bundle', async () => {
    const { port } = await start();
    const paths = [
      '/ide/secret.txt',
      '/ide/assets/../secret.txt',
      '/ide/assets/%2e%2e/secret.txt',
      '/ide/assets/..%2fsecret.txt',
      '/ide/assets/',
      '/folder/../etc/passwd',
      '//etc/passwd',
      '/desktop/describe',
    ];
    for (const path of paths) {
      const { status, body } = await ask(port, path);
      expect({ path, status, isTold: body.includes('not to be served') }).toEqual({
        path,
        status: 404,
        isTold: false,
      });
    }
  });

  it('answers no page of another site, and no name that was made to lead here', async () => {
    const { port, secret } = await start();
    const good = {
      host: `127.0.0.1:${port}`,
      origin: `http://127.0.0.1:${port}`,
      authorization: `Bearer ${secret}`,
      'content-type': 'application/json',
    };
    const post = (headers: Record<string, string | undefined>) => {
      const given = Object.entries({ ...good, ...headers }).filter(([, value]) => value);
      return ask(port, '/desktop/describe', {
        method: 'POST',
        headers: Object.fromEntries(given) as Record<string, string>,
        body: '{"page":"/"}',
      });
    };
    expect((await post({})).status).toBe(200);
    const refused: [Record<string, string | undefined>, number][] = [
      [{ host: `evil.example:${port}` }, 403],
      [{ host: `localhost:${port}` }, 403],
      [{ host: '127.0.0.1' }, 403],
      [{ origin: undefined }, 403],
      [{ origin: 'null' }, 403],
      [{ origin: 'http://evil.example' }, 403],
      [{ origin: `http://127.0.0.1:${port}.evil.example` }, 403],
      [{ origin: `https://127.0.0.1:${port}` }, 403],
      [{ origin: `http://localhost:${port}` }, 403],
      [{ authorization: undefined }, 401],
      [{ authorization: `Bearer ${'0'.repeat(64)}` }, 401],
      [{ authorization: secret }, 401],
      [{ 'content-type': 'text/plain' }, 400],
    ];
    for (const [headers, status] of refused)
      expect({ headers, status: (await post(headers)).status }).toEqual({ headers, status });
    // A rebound name does not even get the page.
    const rebound = { headers: { host: `evil.example:${port}` } };
    expect((await ask(port, '/', rebound)).status).toBe(403);
  });

  it('lets no websocket in without its own origin and the secret', async () => {
    const { port, call } = await start();
    const { page } = await call('open', { folder: join(place.path, 'project') });
    const address = `ws://127.0.0.1:${port}/connect/${page.split('/').at(-1)}`;
    const refusedWith = (url: string, headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        const socket = new WebSocket(url, { headers });
        socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
        socket.on('open', () => reject(new Error('it was let in')));
        socket.on('error', () => undefined);
      });
    const origin = `http://127.0.0.1:${port}`;
    expect(await refusedWith(address, {})).toBe(403);
    expect(await refusedWith(address, { origin: 'http://evil.example' })).toBe(403);
    expect(await refusedWith(address, { origin, host: `evil.example:${port}` })).toBe(403);
    expect(await refusedWith(`ws://127.0.0.1:${port}/`, { origin })).toBe(404);
    expect(await refusedWith(`${address.slice(0, -1)}z`, { origin })).toBe(404);
    for (const target of ['desk', 'session_0123456789abcdef0123456789']) {
      const other = `ws://127.0.0.1:${port}/connect/${target}`;
      expect(await refusedWith(other, {})).toBe(403);
      expect(await refusedWith(other, { origin: 'http://evil.example' })).toBe(403);
      expect(await refusedWith(`${other}/x`, { origin })).toBe(404);
    }
  });

  it('refuses a wrong secret in the first message, and takes the right one however many guess', async () => {
    const shell = await start();
    const { page } = await shell.call('open', { folder: join(place.path, 'project') });
    const folder = page.split('/').at(-1) ?? '';
    const guess = { ...shell, secret: '0'.repeat(64) };
    const guesses = Array.from({ length: 25 }, () =>
      ask(shell.port, '/desktop/describe', {
        method: 'POST',
        headers: {
          origin: `http://127.0.0.1:${shell.port}`,
          authorization: `Bearer ${guess.secret}`,
        },
      }).catch(() => null),
    );
    const window = shell.connect(folder);
    await expect(window.call('workspace.describe', {})).resolves.toMatchObject({
      project: 'project',
    });
    window.link.close();
    const answered = guesses.slice(0, 20);
    expect((await Promise.all(answered)).every((one) => one?.status === 401)).toBe(true);
  });
});

describe('what is remembered', () => {
  it('is there on another port, and for this user alone', async () => {
    const first = await start();
    await first.call('updateState', {
      scope: 'application',
      insert: { a: '1', b: '2' },
      remove: [],
    });
    await Promise.all([
      first.call('updateState', { scope: 'application', insert: { c: '3' }, remove: ['b'] }),
      first.call('updateState', { scope: 'application', insert: { d: '4' }, remove: [] }),
    ]);
    await first.call('open', { folder: join(place.path, 'project') });
    await first.end();
    shells = [];
    const second = await start();
    expect(second.port).not.toBe(first.port);
    expect(await second.call('readState', { scope: 'application' })).toEqual({
      items: { a: '1', c: '3', d: '4' },
    });
    const { recents } = await second.call('describe', { page: '/' });
    expect(recents).toMatchObject([{ name: 'project', isThere: true, isTrusted: false }]);
    const data = join(place.path, 'data');
    expect((await stat(join(data, 'state/application.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(data, 'folders.json'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(data, 'user'))).mode & 0o777).toBe(0o700);
  });

  it('does not keep it from starting when it is damaged', async () => {
    await mkdir(join(place.path, 'data/state'), { recursive: true });
    await writeFile(join(place.path, 'data/folders.json'), '{"path":');
    await writeFile(join(place.path, 'data/state/application.json'), '[1,');
    const { call } = await start();
    expect((await call('describe', { page: '/' })).recents).toEqual([]);
    expect(await call('readState', { scope: 'application' })).toEqual({ items: {} });
  });

  it('names a folder by where it is: a link is the same folder, a file is none', async () => {
    const { call } = await start();
    const { symlink } = await import('node:fs/promises');
    await symlink(join(place.path, 'project'), join(place.path, 'home/link'));
    const one = await call('open', { folder: join(place.path, 'project') });
    expect(await call('open', { folder: '~/link' })).toEqual(one);
    for (const folder of ['project', join(place.path, 'project/top.v'), '/nowhere', '']) {
      await expect(call('open', { folder })).rejects.toMatchObject({ code: 'E_FOLDER_UNKNOWN' });
    }
    const { recents } = await call('describe', { page: '/start' });
    await call('forget', { folder: recents[0]?.id ?? '' });
    expect((await call('describe', { page: '/start' })).recents).toEqual([]);
  });
});

describe('the shell', () => {
  it('is asked in checked words, and its refusal is told', async () => {
    const { call, requests } = await start({
      reply: ({ kind }) =>
        kind === 'reveal' ? { failed: 'there is no file manager' } : { folder: '/x' },
    });
    expect(await call('chooseFolder', { page: '/start', startIn: null })).toEqual({ folder: '/x' });
    await call('openExternal', { page: '/', url: 'https://example.org/a?b=c' });
    expect(requests.map(({ kind }) => kind)).toEqual(['choose-folder', 'open-external']);
    const refused = { code: 'E_DESKTOP_REFUSED' };
    for (const url of ['javascript:alert(1)', 'file:///etc/passwd', 'https://a b', '-x', 'ssh://a'])
      await expect(call('openExternal', { page: '/', url })).rejects.toMatchObject(refused);
    for (const path of ['https://evil.example/', '/../x', '//evil.example'])
      await expect(call('newWindow', { page: '/', path })).rejects.toMatchObject(refused);
    await expect(call('reveal', { page: '/', path: '/x' })).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('there is no file manager'),
    });
    expect(requests).toHaveLength(3);
  });

  it('opens a folder of a second start in a window', async () => {
    const { say, requests } = await start();
    say({ nonsense: true });
    say({ open: { folder: join(place.path, 'project') } });
    const [asked] = await waitFor(() => requests.length > 0 && requests);
    expect(asked).toMatchObject({ kind: 'new-window', path: expect.stringMatching(/^\/folder\//) });
  });

  it('waits for windows to keep what they have, and not for ever', async () => {
    const clock = systemClock();
    // The one wait that this is about is short; everything else has its own time.
    const hasty: Clock = {
      ...clock,
      after: (ms, run) => clock.after(ms === limits.closingMs ? 1_500 : ms, run),
    };
    const shell = await start({ folder: join(place.path, 'project'), clock: hasty });
    const { folder } = await shell.call('describe', { page: '/' });
    const window = shell.connect(folder?.id ?? '');
    await window.call('workspace.describe', {});
    let isHeard = false;
    window.onNotice('window.closing', () => {
      isHeard = true;
    });
    const closed = () => shell.lines.filter((line) => 'closed' in line);
    shell.say({ closing: { page: null } });
    await waitFor(() => isHeard);
    expect(closed()).toEqual([]);
    await shell.call('kept', { page: '/' });
    await waitFor(() => closed().length === 1);
    shell.say({ closing: { page: '/start' } });
    await waitFor(() => closed().length === 2);
    shell.say({ closing: { page: '/' } });
    await waitFor(() => closed().length === 3, { deadlineMs: 8_000 });
    window.link.close();
  });
});

it('shows the rules for USB boards before it writes them', async () => {
  const { call } = await start();
  const shown = await call('udevRules', {});
  expect(shown).toMatchObject({ state: 'missing', isNeeded: true });
  expect(shown.text).toContain('ATTR{idVendor}=="0403"');
  expect(await call('installUdevRules', {})).toMatchObject({ state: 'installed' });
  expect(await readFile(shown.path, 'utf8')).toBe(shown.text);
  await writeFile(shown.path, '# of somebody else\n');
  expect(await call('udevRules', {})).toMatchObject({ state: 'other' });
});
