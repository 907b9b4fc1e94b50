/** Sessions of the cloud in the desktop's windows, over the agent's real port and a fake FrontendMaster. */
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { type Clock, systemClock } from '@joh/clock';
import { createRpc } from '@joh/link';
import { closes, deviceNotices, deviceRpc, linkTicket } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { limits } from '#limits';
import { type FakeCloud, fakeSession, startFakeCloud } from './fake-cloud.ts';
import { type FakeShell, type FakeShellOptions, startFakeShell } from './fake-shell.ts';

let place: TemporaryFolder;
let cloud: FakeCloud;
let shell: FakeShell | null;
const { id } = fakeSession;
const page = `/session/${id}`;
const ready = { state: 'ready', position: null, root: '/work/lamp', epoch: 1 } as const;

beforeEach(async () => {
  place = await temporaryFolder('desktop-cloud');
  cloud = await startFakeCloud();
  shell = null;
  await mkdir(join(place.path, 'data'), { recursive: true });
  await mkdir(join(place.path, 'home'), { recursive: true });
  const kept = { url: cloud.url, account: 'ada', token: cloud.token };
  await writeFile(join(place.path, 'data/cloud.json'), JSON.stringify(kept));
});
afterEach(async () => {
  await shell?.end();
  await cloud.close();
  await place.remove();
});

async function start(options: Omit<FakeShellOptions, 'at'> = {}): Promise<FakeShell> {
  shell = await startFakeShell({ at: place.path, ...options });
  return shell;
}

/** A clock whose one wait is short; everything else has its own time. */
function hasty(wait: number, shortMs: number): Clock {
  const clock = systemClock();
  return { ...clock, after: (ms, run) => clock.after(ms === wait ? shortMs : ms, run) };
}

/** The window's link to the session, as its page makes it. */
function connectSession({ call, secret, connect }: FakeShell) {
  return connect(id, async () =>
    linkTicket(secret, (await call('sessionTicket', { session: id })).ticket),
  );
}

/** A websocket of the agent's own page, without a link over it. */
async function openSocket({ port }: FakeShell, target: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/connect/${target}`, {
    origin: `http://127.0.0.1:${port}`,
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

const closeOf = (socket: WebSocket) =>
  new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)));

/** A hello as the link writes it, with a ticket of the test's. */
async function sayHello(socket: WebSocket, ticket: string): Promise<void> {
  const { encodeHello } = await import('@joh/link');
  const link = 'link_0123456789abcdef0123456789';
  socket.send(
    encodeHello({ version: 1, received: 0, creditBytes: 1_000_000, link, isNew: true, ticket }),
  );
}

describe('a session', () => {
  it('is opened, followed through the queue and closed with the kept sign-in', async () => {
    const { call } = await start();
    expect(await call('openSession', { owner: 'ada', name: 'lamp' })).toEqual({ page });
    expect(await call('describe', { page })).toMatchObject({ folder: null, session: id });
    const first = await call('followSession', { session: id, seen: null });
    expect(first).toMatchObject({ state: 'queued', position: 2 });
    const next = call('followSession', { session: id, seen: first });
    await waitFor(() => cloud.asked.some((one) => one.endsWith('/events')));
    cloud.set({ position: 1 });
    expect(await next).toMatchObject({ position: 1 });
    cloud.set(ready);
    expect(await call('followSession', { session: id, seen: await next })).toMatchObject(ready);
    expect((await call('cloudProjects', {})).sessions).toMatchObject([{ id }]);
    await call('closeSession', { session: id });
    const gone = call('followSession', { session: id, seen: null });
    await expect(gone).rejects.toMatchObject({ code: 'E_SESSION_ENDED' });
    expect((await call('cloudProjects', {})).sessions).toEqual([]);
  });

  it('is answered for after a while without news, and without a FrontendMaster', async () => {
    const { call } = await start({ clock: hasty(limits.followMs, 200) });
    const seen = await call('followSession', { session: id, seen: null });
    expect(await call('followSession', { session: id, seen })).toEqual(seen);
    await cloud.close();
    expect(await call('followSession', { session: id, seen })).toEqual(seen);
    await expect(call('followSession', { session: id, seen: null })).rejects.toMatchObject({
      code: 'E_FRONTEND_UNREACHABLE',
    });
    cloud = await startFakeCloud();
  });

  it('says why it is none: signed out, somebody else’s, another version', async () => {
    const { call } = await start();
    const other = 'session_ffffffffffffffffffffffffff' as typeof id;
    await expect(call('sessionTicket', { session: other })).rejects.toMatchObject({
      code: 'E_SESSION_UNKNOWN',
    });
    cloud.isOther = true;
    await expect(call('followSession', { session: id, seen: null })).rejects.toMatchObject({
      code: 'E_FRONTEND_OTHER_VERSION',
    });
    cloud.isOther = false;
    cloud.token = 'another';
    await expect(call('sessionTicket', { session: id })).rejects.toMatchObject({
      code: 'E_ACCOUNT_SIGNED_OUT',
    });
    expect(await call('cloud', {})).toEqual({ url: cloud.url, account: null });
    expect(await readFile(join(place.path, 'data/cloud.json'), 'utf8')).not.toContain('a-token');
  });
});

describe('the relay', () => {
  it('reaches the session’s agent, and gives FrontendMaster no secret of this computer', async () => {
    cloud.set(ready);
    const window = connectSession(await start());
    await expect(window.call('workspace.describe', {})).resolves.toMatchObject({
      root: '/work/lamp',
    });
    expect(cloud.upgrades.map(({ headers, url }) => [url, headers.authorization])).toEqual([
      [`/connect/${id}`, `Bearer ${cloud.token}`],
    ]);
    expect(cloud.upgrades[0]?.headers.origin).toBeUndefined();
    // The page's end ends FrontendMaster's.
    window.link.close();
    await waitFor(() => cloud.sockets.size === 0);
  });

  it('passes cuts and ends on: the page’s link goes on after one, and not after the other', async () => {
    cloud.set(ready);
    const window = connectSession(await start());
    await window.call('workspace.describe', {});
    for (const socket of cloud.sockets) socket.terminate();
    await waitFor(() => window.link.state === 'cut');
    await expect(window.call('workspace.describe', {})).resolves.toMatchObject({ owner: 'ada' });
    expect(cloud.opened).toHaveLength(1);
    cloud.links.close(closes.ended, 'ended');
    await waitFor(() => window.link.state === 'closed');
    expect(window.link.detail.fault).toMatchObject({ code: 'E_SESSION_ENDED' });
  });

  it('lets nobody through without the secret, and asks FrontendMaster nothing for them', async () => {
    cloud.set(ready);
    const running = await start();
    const { ticket } = await running.call('sessionTicket', { session: id });
    const said: [string | null, number][] = [
      [ticket, closes.ticket],
      [linkTicket('0'.repeat(64), ticket), closes.ticket],
      [`${running.secret}x`, closes.ticket],
      [null, closes.protocol],
    ];
    for (const [text, code] of said) {
      const socket = await openSocket(running, id);
      const closed = closeOf(socket);
      if (text === null) socket.send(Buffer.from('what?'));
      else await sayHello(socket, text);
      expect(await closed).toBe(code);
    }
    const impatient = await openSocket(running, id);
    const closed = closeOf(impatient);
    await sayHello(impatient, linkTicket('0'.repeat(64), ticket));
    impatient.send(Buffer.from('more'));
    expect(await closed).toBeGreaterThan(4000);
    expect(cloud.upgrades).toEqual([]);
  });

  it('gives up on a FrontendMaster that does not answer, talks nonsense or sends elsewhere', async () => {
    cloud.set(ready);
    const running = await start({ clock: hasty(limits.relayDialMs, 300) });
    for (const sin of ['never', 'garbage', 'redirect'] as const) {
      cloud.sin = sin;
      const socket = await openSocket(running, id);
      const closed = closeOf(socket);
      await sayHello(socket, linkTicket(running.secret, 'a-ticket'));
      expect({ sin, code: await closed }).toEqual({ sin, code: 1013 });
    }
    expect(cloud.asked).not.toContain('GET /elsewhere');
    // A session that is not the account's.
    cloud.sin = 'none';
    const other = await openSocket(running, 'session_ffffffffffffffffffffffffff');
    const closed = closeOf(other);
    await sayHello(other, linkTicket(running.secret, 'a-ticket'));
    expect(await closed).toBe(1013);
    // Text where the link has bytes: the page's link decides.
    cloud.sin = 'nonsense';
    const window = connectSession(running);
    await waitFor(() => window.link.detail.attempt > 0);
    window.link.close();
  });

  it('holds a fast end back while the other takes nothing, and loses nothing of it', async () => {
    cloud.set(ready);
    cloud.sin = 'raw';
    const running = await start();
    const socket = await openSocket(running, id);
    const raw = cloud.raw();
    await sayHello(socket, linkTicket(running.secret, 'a-ticket'));
    const frontend = await raw;
    socket.pause();
    const part = 256 * 1024;
    const count = 400;
    for (let at = 0; at < count; at += 1) frontend.send(Buffer.alloc(part, at % 251));
    // Both systems' buffers and the relay's are far smaller: the rest stays where it comes from.
    const left = () => frontend.bufferedAmount;
    let before = -1;
    await waitFor(
      () => {
        const isSteady = left() === before;
        before = left();
        return isSteady;
      },
      { everyMs: 200, deadlineMs: 20_000 },
    );
    expect(left()).toBeGreaterThan((count * part) / 2);
    let seen = 0;
    let isRight = true;
    socket.on('message', (data: Buffer) => {
      isRight &&= data.length === part && data[0] === seen % 251 && data[part - 1] === seen % 251;
      seen += 1;
    });
    socket.resume();
    await waitFor(() => seen === count, { deadlineMs: 20_000 });
    expect(isRight).toBe(true);
    const closed = closeOf(socket);
    frontend.close(closes.moved, 'moved');
    expect(await closed).toBe(closes.moved);
  });

  it('ends both ends when one takes nothing any more', async () => {
    cloud.set(ready);
    cloud.sin = 'raw';
    const running = await start({ clock: hasty(limits.relayStallMs, 300) });
    const socket = await openSocket(running, id);
    const raw = cloud.raw();
    await sayHello(socket, linkTicket(running.secret, 'a-ticket'));
    const frontend = await raw;
    socket.pause();
    for (let at = 0; at < 200; at += 1) frontend.send(Buffer.alloc(256 * 1024));
    await waitFor(() => cloud.sockets.size === 0, { deadlineMs: 10_000 });
    socket.terminate();
  });
});

describe('the desk', () => {
  it('has the settings’ folder and the devices of this computer, and nothing else', async () => {
    const { device } = simulatedIcebreaker({
      clock: systemClock(),
      jumpers: 'sram',
      serialNumber: 'ICE0042',
    });
    const { connect, secret } = await start({ devices: [device] });
    const desk = connect('desk', async () => linkTicket(secret, id));
    const user = join(place.path, 'data/user');
    await desk.call('files.makeDirectory', { path: join(user, 'User/snippets') });
    await expect(desk.call('files.list', { path: user })).resolves.toMatchObject({
      entries: [{ name: 'User' }],
    });
    await symlink(place.path, join(user, 'out'));
    const outside = ['/etc/passwd', join(place.path, 'data/cloud.json'), `${user}/../cloud.json`];
    for (const path of [...outside, join(user, 'out/data/cloud.json'), join(user, 'out')])
      await expect(desk.call('files.stat', { path })).rejects.toMatchObject({
        code: 'E_FILE_REFUSED',
      });
    await expect(
      desk.call('files.copy', {
        from: join(place.path, 'data/cloud.json'),
        to: join(user, 'x'),
        overwrite: true,
      }),
    ).rejects.toMatchObject({ code: 'E_FILE_REFUSED' });
    await expect(
      desk.call('files.watch', { path: '/etc', recursive: false, excludes: [] }),
    ).rejects.toMatchObject({ code: 'E_FILE_REFUSED' });
    await expect(desk.call('terminals.list', {})).rejects.toMatchObject({
      code: 'E_ROUTE_UNKNOWN',
    });
    const process = desk.link.open('process', { argv: ['id'], cwd: '/', env: {} });
    expect(await new Promise((resolve) => process.onClose(resolve))).toMatchObject({
      code: 'E_REQUEST_INVALID',
    });
    const read = desk.link.open('files.read', { path: '/etc/passwd' });
    expect(await new Promise((resolve) => read.onClose(resolve))).toMatchObject({
      code: 'E_FILE_REFUSED',
    });
    const usb = createRpc({
      channel: desk.link.open('devices', {}),
      local: { methods: {}, notices: {} },
      handlers: {},
      remote: { methods: deviceRpc.methods, notices: deviceNotices.notices },
    });
    await expect(usb.call('list', {})).resolves.toMatchObject({
      devices: [{ serialNumber: 'ICE0042' }],
    });
    desk.link.close();
  });

  it('is for windows of a session with the secret', async () => {
    const running = await start();
    for (const ticket of [running.secret, linkTicket(running.secret, 'x'), linkTicket('1', id)]) {
      const socket = await openSocket(running, 'desk');
      const closed = closeOf(socket);
      await sayHello(socket, ticket);
      expect(await closed).toBe(closes.ticket);
    }
  });

  it('hears that its window is about to go', async () => {
    const { connect, secret, say, lines, call } = await start();
    const desk = connect('desk', async () => linkTicket(secret, id));
    await desk.call('files.list', { path: join(place.path, 'data/user') });
    let isHeard = false;
    desk.onNotice('window.closing', () => {
      isHeard = true;
    });
    const closed = () => lines.filter((line) => 'closed' in line).length;
    say({ closing: { page: '/session/session_ffffffffffffffffffffffffff' } });
    await waitFor(() => closed() === 1);
    expect(isHeard).toBe(false);
    say({ closing: { page } });
    await waitFor(() => isHeard);
    expect(closed()).toBe(1);
    await call('kept', { page });
    await waitFor(() => closed() === 2);
    desk.link.close();
  });
});

it('has its data folder alone', async () => {
  await start();
  const second = startFakeShell({ at: place.path, clock: hurried() });
  await expect(second).rejects.toMatchObject({ code: 'E_DATA_IN_USE' });
});

/** Whose time goes by faster. */
function hurried(): Clock {
  const clock = systemClock();
  return { ...clock, monotonic: () => clock.monotonic() * 40 };
}
