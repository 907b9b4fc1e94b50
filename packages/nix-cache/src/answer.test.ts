import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { waitFor } from '@joh/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CacheAnswer, watchAnswer } from './answer.ts';

let server: Server;
let answers: CacheAnswer[];

beforeEach(async () => {
  answers = [];
  server = createServer((request, response) => {
    const kind = request.url === '/nar' ? 'nar' : 'info';
    watchAnswer(request, response, { kind } as never, (answer) => answers.push(answer));
    request.resume();
    request.on('end', () => {
      const status = Number(request.headers['x-status'] ?? 200);
      if (status > 0) response.writeHead(status).end('x'.repeat(1000));
      else response.write('some of it', () => request.socket.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
const url = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

it('counts bodies both ways, on one connection after the other', async () => {
  for (const size of [100_000, 5])
    await (await fetch(url('/nar'), { method: 'PUT', body: Buffer.alloc(size) })).text();
  await (await fetch(url('/'))).text();
  await waitFor(() => answers.length === 3);
  expect(answers).toMatchObject([
    { access: 'write', kind: 'nar', outcome: 'served', receivedBytes: 100_000 },
    { access: 'write', kind: 'nar', outcome: 'served', receivedBytes: 5 },
    { access: 'read', kind: 'other', outcome: 'served', receivedBytes: 0 },
  ]);
  for (const { sentBytes } of answers) {
    expect(sentBytes).toBeGreaterThan(1000);
    expect(sentBytes).toBeLessThan(1500);
  }
});

it.each([
  [404, 'missing'],
  [413, 'refused'],
  [500, 'failed'],
  [0, 'cut'],
])('calls %d %s', async (status, outcome) => {
  await fetch(url('/nar'), { headers: { 'x-status': String(status) } })
    .then((response) => response.text())
    .catch(() => undefined);
  await waitFor(() => answers.length === 1);
  expect(answers).toMatchObject([{ access: 'read', kind: 'nar', outcome }]);
});

it('counts what came of an upload that was cut', async () => {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.write('PUT /nar HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
  await new Promise((resolve) => setImmediate(resolve));
  socket.write('y'.repeat(5000), () => socket.destroy());
  await waitFor(() => answers.length === 1);
  expect(answers).toMatchObject([{ access: 'write', outcome: 'cut' }]);
  expect(answers[0]?.receivedBytes).toBeLessThanOrEqual(5000);
});
