/** The agent as a process of its own, against sockets like FrontendMaster's. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { type Channel, createClientLink, createRpc, type Link, wsTransport } from '@joh/link';
import {
  agentNotices,
  agentRpc,
  type ChannelKind,
  type FaultBody,
  faultOf,
  type Prepare,
  prepare,
  processByte,
} from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type FakeFrontend, startFakeFrontend } from './fake-frontend.ts';

const clock = systemClock();
const random = systemRandom();
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (words: string) => new TextEncoder().encode(words);

let folder: TemporaryFolder;
let frontend: FakeFrontend;
let processes: (ChildProcess & { log: string })[];
let links: Link[];

beforeEach(async () => {
  folder = await temporaryFolder('agent');
  frontend = await startFakeFrontend({ clock, random });
  processes = [];
  links = [];
  for (const name of ['work', 'run', 'home']) await mkdir(join(folder.path, name), { mode: 0o700 });
  writeFileSync(join(folder.path, 'run', 'boot-token'), frontend.bootToken, { mode: 0o600 });
});

afterEach(async (test) => {
  if (test.task.result?.state === 'fail') for (const child of processes) console.error(child.log);
  for (const link of links) link.close();
  for (const child of processes) await ended(child, 'SIGKILL');
  await frontend.close();
  await folder.remove();
});

function start(entry: 'main' | 'pty-host'): ChildProcess & { log: string } {
  const { path } = folder;
  const child = Object.assign(
    spawn(process.execPath, [join(import.meta.dirname, `${entry}.ts`)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: join(path, 'home'),
        SHELL: '/bin/sh',
        JOH_FRONTEND_URL: frontend.url,
        JOH_CONTAINER_ID: 'container_0123456789abcdef',
        JOH_BOOT_TOKEN_FILE: join(path, 'run', 'boot-token'),
        JOH_WORK: join(path, 'work'),
        JOH_RUN: join(path, 'run'),
        JOH_PTY_HOST: join(path, 'run', 'pty.sock'),
      },
    }),
    { log: '' },
  );
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (words: string) => {
      child.log += words;
    });
  }
  processes.push(child);
  return child;
}

async function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    if (signal) child.kill(signal);
    await exit;
  }
  return child.exitCode;
}

function repository(): string {
  const path = join(folder.path, 'origin.git');
  const seed = join(folder.path, 'seed');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { stdio: 'pipe' });
  git('init', '-q', '-b', 'main', seed);
  writeFileSync(join(seed, 'top.v'), 'module top; endmodule\n');
  git('-C', seed, 'add', '.');
  git('-C', seed, 'commit', '-q', '-m', 'first');
  git('clone', '-q', '--bare', seed, path);
  return `file://${path}`;
}

function given(changes: Partial<Prepare> = {}): Prepare {
  return prepare.parse({
    session: 'session_0123456789abcdef',
    epoch: 1,
    user: { id: 'user-1', name: 'ada', email: 'ada@example.org' },
    project: { owner: 'ada', name: 'blinky', board: 'icebreaker' },
    cloneUrl: repository(),
    gitToken: 'the-git-token',
    ticketKey: Buffer.alloc(32, 7).toString('base64url'),
    ...changes,
  });
}

/** The control socket, once registered. */
const control = () => waitFor(() => frontend.control(), { deadlineMs: 10_000, what: 'registered' });

/** An IDE: a real link through the splice. */
function openIde(what: Prepare, ticket = () => frontend.ticket(what)) {
  const link = createClientLink({
    clock,
    random,
    ticket: async () => ticket(),
    connect: async () => {
      const socket = new WebSocket(frontend.connectUrl(what.session), { perMessageDeflate: false });
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      return wsTransport(socket);
    },
  });
  links.push(link);
  const rpc = createRpc({
    channel: link.open('rpc', {}),
    local: { methods: agentNotices.methods, notices: agentRpc.notices },
    handlers: {},
    remote: { methods: agentRpc.methods, notices: agentNotices.notices },
  });
  return { link, rpc };
}

/** Opens a channel and collects what comes. */
function collect(link: Link, kind: ChannelKind, params: unknown) {
  const channel: Channel = link.open(kind, params);
  const got = {
    channel,
    messages: [] as Uint8Array[],
    ended: false,
    error: null as FaultBody | null,
  };
  channel.onMessage((message) => void got.messages.push(message.slice()));
  channel.onEnd(() => {
    got.ended = true;
  });
  channel.onClose((error) => {
    got.error = error;
  });
  const done = () =>
    waitFor(() => got.error || got.ended).then(() => {
      if (got.error) throw faultOf(got.error);
    });
  return { ...got, got, done, text: () => text(Buffer.concat(got.messages)) };
}

async function preparedIde() {
  const what = given();
  start('pty-host');
  const agent = start('main');
  const { root } = await (await control()).call('prepare', what);
  return { what, agent, root, ...openIde(what) };
}

describe('agent', { timeout: 30_000 }, () => {
  it('registers, clones, and serves files and a terminal over the spliced link', async () => {
    const { root, rpc, link } = await preparedIde();
    expect(root).toBe(join(folder.path, 'work', 'blinky'));
    expect(frontend.said.progress.every(({ stage }) => stage === 'clone')).toBe(true);
    expect(await rpc.call('workspace.describe', {})).toMatchObject({ root, owner: 'ada' });
    const { entries } = await rpc.call('files.list', { path: root });
    expect(entries.map(({ name }) => name).sort()).toEqual(['.git', 'top.v']);

    const path = join(root, 'new.bin');
    const content = new Uint8Array(randomBytes(300_000));
    const writing = collect(link, 'files.write', { path, create: true, overwrite: false });
    for (let at = 0; at < content.length; at += 50_000) {
      await writing.channel.send(content.slice(at, at + 50_000));
    }
    writing.channel.end();
    await writing.done();
    expect(JSON.parse(writing.text())).toMatchObject({ size: content.length });
    const reading = collect(link, 'files.read', { path });
    reading.channel.end();
    await reading.done();
    expect(Buffer.compare(Buffer.concat(reading.got.messages), Buffer.from(content))).toBe(0);

    const { terminal } = await rpc.call('terminals.create', { columns: 80, rows: 24 });
    const shown = collect(link, 'terminal', { terminal: terminal.id });
    await shown.channel.send(bytes('echo $((40+2)) $TERM; pwd; env | grep -c ^JOH_; exit 5\n'));
    const exit = Promise.withResolvers<number | null>();
    rpc.onNotice('terminals.exited', ({ exitCode }) => exit.resolve(exitCode));
    expect(await exit.promise).toBe(5);
    await shown.done();
    expect(shown.text()).toMatch(/42 xterm-256color\r\n.*\/work\/blinky\r\n0\r\n/);
    expect(frontend.said.attached.at(-1)).toBe(1);
    link.close();
    await waitFor(() => frontend.said.attached.at(-1) === 0);
  });

  it('keeps its secrets: boot token gone, files 0600, nothing in the environment', async () => {
    const { agent, rpc, link } = await preparedIde();
    const run = (name: string) => join(folder.path, 'run', name);
    expect(() => statSync(run('boot-token'))).toThrow('ENOENT');
    for (const name of ['credential', 'session.json', 'git-credential']) {
      expect(statSync(run(name)).mode & 0o777).toBe(0o600);
    }
    const probe = collect(link, 'process', { argv: ['env'] });
    await probe.done();
    expect(probe.text()).not.toContain('JOH_');
    expect(probe.text()).not.toContain('token');
    const commandLine = readFileSync(`/proc/${agent.pid}/cmdline`, 'utf8');
    expect(commandLine).not.toContain('token');
    expect(agent.log).not.toContain('the-git-token');
    expect(await rpc.call('terminals.list', {})).toEqual({ terminals: [] });
  });

  it('refuses a ticket of an older claim, of another key, and a used one', async () => {
    const { what, link } = await preparedIde();
    await waitFor(() => link.state === 'open');
    const used = frontend.ticket(what);
    const first = openIde(what, () => used);
    await waitFor(() => first.link.state === 'open');
    const refused = async (ticket: () => string) => {
      const other = openIde(what, ticket);
      await waitFor(() => other.link.state === 'closed', { deadlineMs: 10_000 });
      return other.link.detail.fault?.code;
    };
    expect(await refused(() => used)).toBe('E_TICKET_REFUSED');
    expect(await refused(() => frontend.ticket(what, { epoch: 0.5 }))).toBe('E_TICKET_REFUSED');
    expect(await refused(() => frontend.ticket({ ...what, ticketKey: 'AAAA' }))).toBe(
      'E_TICKET_REFUSED',
    );
    expect(await refused(() => frontend.ticket(what, { expiresAtMs: clock.now() - 1 }))).toBe(
      'E_TICKET_REFUSED',
    );
  });

  it('is idempotent for an epoch, refuses a lower one and another session', async () => {
    const { what, link } = await preparedIde();
    await waitFor(() => link.state === 'open');
    const rpc = await control();
    expect(await rpc.call('prepare', what)).toEqual(await rpc.call('prepare', what));
    const newer = { ...what, epoch: 2 };
    await rpc.call('prepare', newer);
    await waitFor(() => link.state === 'closed');
    await expect(rpc.call('prepare', what)).rejects.toMatchObject({ code: 'E_SESSION_EPOCH_OLD' });
    const other = { ...what, session: 'session_fedcba9876543210' as Prepare['session'] };
    await expect(rpc.call('prepare', other)).rejects.toMatchObject({
      code: 'E_SESSION_PREPARE_FAILED',
    });
    expect((await openIde(newer).rpc.call('workspace.describe', {})).project).toBe('blinky');
  });

  it('keeps terminals and channels over a loss of FrontendMaster', async () => {
    const { rpc, link } = await preparedIde();
    const { terminal } = await rpc.call('terminals.create', { columns: 80, rows: 24 });
    const shown = collect(link, 'terminal', { terminal: terminal.id });
    await waitFor(() => shown.got.messages.length > 0);
    frontend.cut();
    await waitFor(() => frontend.said.registered === 2, { deadlineMs: 10_000 });
    await shown.channel.send(bytes('echo still $((1+1)) here\n'));
    await waitFor(() => shown.text().includes('still 2 here'), { deadlineMs: 10_000 });
  });

  it('is killed and started again: the same terminal goes on where it was', async () => {
    const { what, agent, rpc, link } = await preparedIde();
    const { terminal } = await rpc.call('terminals.create', { columns: 80, rows: 24 });
    const before = collect(link, 'terminal', { terminal: terminal.id });
    await before.channel.send(
      bytes('i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done\n'),
    );
    await waitFor(() => before.text().includes('line 5\r\n'));
    await ended(agent, 'SIGKILL');
    link.close();
    await waitFor(() => frontend.control() === null);
    start('main');
    await control();
    const again = openIde(what);
    const { terminals } = await again.rpc.call('terminals.list', {});
    expect(terminals).toMatchObject([{ id: terminal.id, pid: terminal.pid, exitCode: null }]);
    const after = collect(again.link, 'terminal', { terminal: terminal.id });
    await waitFor(() => after.got.messages.length > 20);
    const lines = [...after.text().matchAll(/line (\d+)/g)].map((match) => Number(match[1]));
    expect(lines[0]).toBe(1);
    expect(lines).toEqual(lines.map((_, at) => at + 1));
    await again.rpc.call('terminals.close', { terminal: terminal.id });
    expect(await again.rpc.call('terminals.list', {})).toEqual({ terminals: [] });
  });

  it('closes: terminals end and links are told that the session is over', async () => {
    const { rpc, link } = await preparedIde();
    const { terminal } = await rpc.call('terminals.create', { columns: 80, rows: 24 });
    await (await control()).call('close', { reason: 'signed out' });
    await waitFor(() => link.state === 'closed');
    expect(link.detail.fault?.code).toBe('E_SESSION_ENDED');
    await waitFor(() => {
      try {
        process.kill(terminal.pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  });

  it('ends when FrontendMaster does not know its container any more', async () => {
    const agent = start('main');
    await control();
    frontend.forget();
    expect(await ended(agent)).toBe(3);
  });

  it('runs a program with binary pipes, signals and an exit', async () => {
    const { link } = await preparedIde();
    const cat = collect(link, 'process', { argv: ['cat'] });
    const input = new Uint8Array(randomBytes(200_000));
    for (let at = 0; at < input.length; at += 40_000) {
      const part = input.slice(at, at + 40_000);
      await cat.channel.send(Buffer.concat([Buffer.of(processByte.stdin), part]));
    }
    await cat.channel.send(Uint8Array.of(processByte.stdin));
    await cat.done();
    const exit = cat.got.messages.at(-1) ?? new Uint8Array();
    const output = Buffer.concat(cat.got.messages.slice(0, -1).map((message) => message.slice(1)));
    expect(Buffer.compare(output, Buffer.from(input))).toBe(0);
    expect([exit[0], JSON.parse(text(exit.slice(1)))]).toEqual([3, { exitCode: 0, signal: null }]);

    // No shell: dash forgets an interrupt that comes while it starts a program.
    const sleeper = collect(link, 'process', {
      argv: [process.execPath, '-e', 'console.log("up"); setTimeout(() => {}, 100_000)'],
    });
    await waitFor(() => sleeper.text().includes('up'));
    await sleeper.channel.send(Buffer.concat([Buffer.of(processByte.signal), bytes('SIGINT')]));
    await sleeper.done();
    expect(sleeper.text()).toContain('{"exitCode":null,"signal":"SIGINT"}');

    const missing = collect(link, 'process', { argv: ['no-such-program'] });
    await expect(missing.done()).rejects.toMatchObject({ code: 'E_PROCESS_FAILED' });
  });
});
