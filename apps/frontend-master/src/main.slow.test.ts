/** FrontendMaster as a process: how it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: TemporaryFolder;
let child: ChildProcess;
let said: string;

beforeEach(async () => {
  folder = await temporaryFolder('joh-fm');
  said = '';
  child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: {
      PATH: process.env.PATH,
      JOH_DATA: join(folder.path, 'data'),
      JOH_ENGINE: 'fake:failing',
      JOH_PORT: '0',
      JOH_LOG: 'silent',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
});
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await folder.remove();
});

it('a second signal to stop does not cut the stop short', async () => {
  const exit = once(child, 'exit');
  const port = Number(
    await waitFor(() => /127\.0\.0\.1:(\d+)/.exec(said)?.[1], {
      ...{ what: 'it listens', deadlineMs: 60_000 },
    }),
  );
  // Half a request: it may be finished before the process ends.
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (text: string) => {
    answer += text;
  });
  const body = '{"name":"nobody"}';
  const head = `POST /api/auth/sign-in HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  socket.write(head + body.slice(0, 5));
  await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
  child.kill('SIGINT');
  const isClosed = () =>
    fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: 'close' } }).then(
      () => false,
      () => true,
    );
  await waitFor(isClosed, { what: 'it is stopping' });
  child.kill('SIGINT');
  child.kill('SIGTERM');
  socket.write(body.slice(5));
  expect(await exit).toEqual([0, null]);
  expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
});
