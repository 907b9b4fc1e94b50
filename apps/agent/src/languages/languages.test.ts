import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@joh/clock';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLanguages, type LanguageConnection, type Languages } from './languages.ts';
import { frameMessage, unframeMessages } from './message-frames.ts';
import { planServers } from './servers.ts';

/** Echoes each message with its own words around it; `crash` and `env` do what they say. */
const stub = `#!${process.execPath}
let held = Buffer.alloc(0);
process.stdin.on('data', (chunk) => {
  held = Buffer.concat([held, chunk]);
  for (;;) {
    const end = held.indexOf('\\r\\n\\r\\n');
    const length = Number(/Content-Length: (\\d+)/.exec(held.toString('latin1', 0, end))?.[1]);
    if (end < 0 || held.length < end + 4 + length) return;
    const message = JSON.parse(held.toString('utf8', end + 4, end + 4 + length));
    held = held.subarray(end + 4 + length);
    if (message.method === 'crash') { console.error('stub: broken'); process.exit(9); }
    if (message.method === 'babble') process.stdout.write('Segmentation fault\\r\\n\\r\\n');
    const answer = Buffer.from(JSON.stringify({ echo: message, cwd: process.cwd() }));
    process.stdout.write('Content-Type: x\\r\\nContent-Length: ' + answer.length + '\\r\\n\\r\\n');
    process.stdout.write(answer);
  }
});
`;

let folder: TemporaryFolder;
let languages: Languages;
let connection: LanguageConnection;

beforeEach(async () => {
  folder = await temporaryFolder('languages');
  mkdirSync(join(folder.path, 'bin'));
  languages = createLanguages({
    clock: systemClock(),
    root: () => folder.path,
    shell: async () => ({ PATH: `relative:${join(folder.path, 'bin')}:/no/such` }),
    embedded: [process.execPath, join(folder.path, 'bin', 'stub')],
  });
  connection = languages.connect();
  install('stub');
});
afterEach(async () => {
  connection.close();
  await folder.remove();
});

function install(name: string, mode = 0o755) {
  const path = join(folder.path, 'bin', name);
  writeFileSync(path, stub);
  chmodSync(path, mode);
}

async function start(server: string) {
  const got: unknown[] = [];
  const running = await connection.start(server, async (message) => {
    got.push(JSON.parse(new TextDecoder().decode(message)));
  });
  const send = (message: unknown) => running.input(Buffer.from(JSON.stringify(message)));
  return { ...running, got, send };
}

describe('languages', () => {
  it('uses what the shell brings, and ours for what is left', async () => {
    expect(await languages.list()).toEqual([
      {
        id: 'joh-hdl',
        title: 'Joy of Hardware',
        languages: ['verilog', 'systemverilog'],
        origin: 'embedded',
      },
    ]);
    install('svls', 0o644);
    mkdirSync(join(folder.path, 'bin', 'nil'));
    expect(await languages.list()).toHaveLength(1);
    install('verible-verilog-ls');
    install('svls');
    install('vhdl_ls');
    expect((await languages.list()).map(({ id, origin }) => [id, origin])).toEqual([
      ['verible', 'shell'],
      ['vhdl_ls', 'shell'],
    ]);
    expect(planServers(new Set(['nil', 'nixd', 'clangd'])).map(({ id }) => id)).toEqual([
      'clangd',
      'nixd',
      'joh-hdl',
    ]);
  });

  it('carries messages both ways, whole and in order, in the project', async () => {
    install('vhdl_ls');
    const server = await start('vhdl_ls');
    const long = 'ü'.repeat(200_000);
    for (let index = 0; index < 20; index += 1) await server.send({ index });
    await server.send({ long });
    await waitFor(() => server.got.length === 21);
    expect(server.got.slice(0, 20)).toEqual(
      Array.from({ length: 20 }, (_, index) => ({ echo: { index }, cwd: folder.path })),
    );
    expect(server.got[20]).toMatchObject({ echo: { long } });
    server.close();
    await server.done;
  });

  it('says why a server ended, and gives one up that ends again and again', async () => {
    for (let round = 0; round < 5; round += 1) {
      const server = await start('joh-hdl');
      await server.send({ method: 'crash' });
      await expect(server.done).rejects.toMatchObject({
        code: 'E_PROCESS_FAILED',
        message: expect.stringContaining('it ended with 9: stub: broken'),
      });
    }
    await expect(start('joh-hdl')).rejects.toMatchObject({
      code: 'E_PROCESS_FAILED',
      message: expect.stringContaining('5 times'),
    });
    install('vhdl_ls');
    const babbler = await start('vhdl_ls');
    await babbler.send({ method: 'babble' });
    await expect(babbler.done).rejects.toMatchObject({ code: 'E_PROCESS_FAILED' });
  });

  it('ends the one before when it is started again, and refuses what it does not know', async () => {
    const first = await start('joh-hdl');
    const second = await start('joh-hdl');
    await first.done;
    await second.send({ still: 'here' });
    await waitFor(() => second.got.length === 1);
    await expect(start('nothing')).rejects.toMatchObject({ code: 'E_LANGUAGE_UNKNOWN' });
    await expect(start('clangd')).rejects.toMatchObject({ code: 'E_PROCESS_FAILED' });
  });
});

describe('message frames', () => {
  it('survive every cut', async () => {
    const messages = ['{}', '{"a":"é😀"}', '', '[1,2,3]'];
    const whole = Buffer.concat(messages.map((text) => frameMessage(Buffer.from(text))));
    for (let size = 1; size < 40; size += 1) {
      async function* cut() {
        for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
      }
      const got: string[] = [];
      for await (const message of unframeMessages(cut())) got.push(message.toString());
      expect(got).toEqual(messages);
    }
  });
});
