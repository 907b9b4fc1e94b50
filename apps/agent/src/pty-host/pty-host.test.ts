/** The pty host over its real socket, with real shells. */
import { createHash } from 'node:crypto';
import { createConnection, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import headless from '@xterm/headless';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTerminals, type Terminals } from '#terminals';
import { startPtyHost } from './host.ts';
import { decodeFrames } from './host-protocol.ts';

const clock = systemClock();
let folder: TemporaryFolder;
let path: string;
let host: Server;
let hostEnded: Promise<void>;
let terminals: Terminals;
let sockets: Socket[];

beforeEach(async () => {
  folder = await temporaryFolder('pty');
  path = join(folder.path, 'pty.sock');
  sockets = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  hostEnded = promise;
  host = await startPtyHost({
    path,
    clock,
    random: systemRandom(),
    orphanMs: null,
    isRoomy: true,
    onEnd: resolve,
  });
  terminals = createTerminals({
    hostPath: path,
    startHost: null,
    clock,
    env: () => ({ PATH: process.env.PATH ?? '', SHELL: '/bin/sh', PS1: '$ ' }),
    root: () => folder.path,
  });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await terminals.shutdown();
  await hostEnded;
  host.close();
  await folder.remove();
});

const run = (script: string, columns = 80) =>
  terminals.create({ columns, rows: 24, argv: ['/bin/sh', '-c', script] });
const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Follows a terminal like an IDE does: into an emulator of the same size. */
async function follow(terminal: string) {
  const attachment = await terminals.attach(terminal);
  const emulator = new headless.Terminal({
    cols: 80,
    rows: 24,
    scrollback: 5000,
    allowProposedApi: true,
  });
  const got = { text: '', ended: false };
  const done = (async () => {
    for await (const chunk of attachment.output) {
      got.text += Buffer.from(chunk).toString('latin1');
      emulator.write(chunk);
    }
    got.ended = true;
  })();
  const screen = () =>
    new Promise<string[]>((resolve) => {
      emulator.write('', () => {
        const { active } = emulator.buffer;
        const lines = Array.from({ length: active.length }, (_, at) =>
          active.getLine(at)?.translateToString(true),
        );
        resolve(lines.filter((line) => line !== undefined && line !== '') as string[]);
      });
    });
  return { attachment, got, done, screen };
}

describe('pty host', { timeout: 30_000 }, () => {
  it('gives late clients the screen, then the stream: nothing lost or doubled', async () => {
    const { id } = await run(
      'i=0; while [ $i -lt 1500 ]; do i=$((i+1)); printf "\\033[3%dmline é漢 %d\\033[0m\\n" $((i%7)) $i; done; read x',
    );
    const followers = [];
    for (let index = 0; index < 8; index += 1) {
      followers.push(await follow(id));
      await clock.sleep(4);
    }
    const wanted = Array.from({ length: 1500 }, (_, at) => `line é漢 ${at + 1}`);
    for (const follower of followers) {
      await waitFor(async () => (await follower.screen()).at(-1) === 'line é漢 1500');
      expect(await follower.screen()).toEqual(wanted);
      follower.attachment.close();
    }
  });

  it('keeps the last output of a program that ends while a client is slow', async () => {
    const { id } = await run(
      'i=0; while [ $i -lt 30000 ]; do i=$((i+1)); echo number $i; done; exit 7',
    );
    const socket = createConnection(path);
    sockets.push(socket);
    socket.pause();
    socket.write(`{"open":"terminal","terminal":"${id}"}\n`);
    // Slow, not stalled: takes a little now and then.
    let text = '';
    for await (const frame of decodeFrames(socket)) {
      text += frame.toString('latin1');
      if (text.length < 60_000) await clock.sleep(30);
    }
    expect(text.endsWith('number 30000\r\n')).toBe(true);
    const numbers = [...text.matchAll(/number (\d+)/g)].map((match) => Number(match[1]));
    const first = numbers[0] ?? 0;
    expect(numbers).toEqual(numbers.map((_, at) => first + at));
    expect((await terminals.list())[0]?.exitCode).toBe(7);
  });

  it('runs on for a client that takes nothing, and gives it the screen when it does', async () => {
    const { id } = await run('head -c 6000000 /dev/zero | tr "\\0" x; echo; echo the end; read x');
    const socket = createConnection(path);
    sockets.push(socket);
    socket.pause();
    socket.write(`{"open":"terminal","terminal":"${id}"}\n`);
    const other = await follow(id);
    await waitFor(() => other.got.text.slice(-100).includes('the end'), { deadlineMs: 20_000 });
    other.attachment.close();
    let text = '';
    let bytes = 0;
    for await (const frame of decodeFrames(socket)) {
      bytes += frame.length;
      text = (text + frame.toString('latin1')).slice(-20_000);
      if (text.includes('the end')) break;
    }
    // Far less than was said: it was given the screen, after a reset.
    expect(bytes).toBeLessThan(3_000_000);
  });

  it('ends with its program: code, signal, and a screen for who comes later', async () => {
    const exits: [string, number | null][] = [];
    terminals.onExited((terminal, exitCode) => exits.push([terminal, exitCode]));
    const ok = await run('echo bye; exit 3');
    const killed = await run('kill -9 $$');
    await waitFor(() => exits.length === 2);
    expect(new Map(exits)).toEqual(
      new Map([
        [ok.id, 3],
        [killed.id, 137],
      ]),
    );
    const late = await follow(ok.id);
    await late.done;
    expect(await late.screen()).toEqual(['bye']);
    await terminals.close(ok.id);
    await expect(terminals.attach(ok.id)).rejects.toMatchObject({ code: 'E_TERMINAL_UNKNOWN' });
    await expect(terminals.resize(ok.id, 1, 1)).rejects.toMatchObject({
      code: 'E_TERMINAL_UNKNOWN',
    });
  });

  it('resizes, shares input, and kills a program that ignores the hang-up', async () => {
    const { id, pid } = await run('trap "" HUP; echo ready; while :; do read x; stty size; done');
    const [one, two] = [await follow(id), await follow(id)];
    await waitFor(() => one.got.text.includes('ready'));
    await terminals.resize(id, 133, 40);
    await one.attachment.write(Buffer.from('go\n'));
    await waitFor(() => two.got.text.includes('40 133'));
    expect(await terminals.list()).toMatchObject([{ columns: 133, rows: 40, pid }]);
    await terminals.close(id);
    await waitFor(() => !isAlive(pid), { deadlineMs: 8000 });
    await one.done;
  });

  it('takes a large paste whole', async () => {
    const { id } = await run('stty raw -echo; echo ready; head -c 3000000 | sha256sum; read x');
    const client = await follow(id);
    await waitFor(() => client.got.text.includes('ready'));
    const part = Buffer.alloc(100_000, 'paste');
    for (let at = 0; at < 30; at += 1) await client.attachment.write(part);
    await waitFor(() => /[0-9a-f]{64}/.test(client.got.text), { deadlineMs: 15_000 });
    const wanted = createHash('sha256').update(Buffer.alloc(3_000_000, 'paste')).digest('hex');
    expect(client.got.text).toContain(wanted);
  });

  it('says what cannot be started', async () => {
    const cwd = join(folder.path, 'missing');
    const { id } = await terminals.create({ columns: 80, rows: 24, argv: ['/no/such/program'] });
    const follower = await follow(id);
    await follower.done;
    expect((await terminals.list())[0]?.exitCode).not.toBe(0);
    const other = await terminals.create({
      columns: 80,
      rows: 24,
      cwd,
      argv: ['/bin/sh', '-c', 'pwd'],
    });
    await waitFor(async () =>
      (await terminals.list()).some(
        (t) => t.id === other.id && t.exitCode !== null && t.exitCode !== 0,
      ),
    );
  });
});
