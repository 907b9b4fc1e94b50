import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { systemClock } from '@joh/clock';
import { leakCheck, waitFor } from '@joh/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { splice } from './splice.ts';

const leaks = leakCheck();
const open: (() => void)[] = [];
afterEach(async () => {
  for (const end of open.splice(0)) end();
  await leaks();
});

/** Two real TCP connections, joined in the middle: far ends `browser` and `agent`. */
async function joined(lingerMs = 1_000) {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const dial = async (): Promise<[Socket, Socket]> => {
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const [near] = (await once(server, 'connection')) as [Socket];
    far.on('error', () => undefined);
    open.push(
      () => far.destroy(),
      () => near.destroy(),
    );
    return [far, near];
  };
  const [browser, a] = await dial();
  const [agent, b] = await dial();
  open.push(() => server.close());
  let bytes = 0;
  const { done, cut } = splice(a, b, {
    clock: systemClock(),
    lingerMs,
    onBytes: (count) => {
      bytes += count;
    },
  });
  return { browser, agent, done, cut, bytes: () => bytes, near: [a, b] as const };
}

describe('splice', () => {
  it('carries what was sent before an end, both ways, then closes both', async () => {
    const { browser, agent, done, bytes } = await joined();
    const received: Buffer[] = [];
    agent.on('data', (chunk: Buffer) => received.push(chunk));
    browser.resume();
    browser.end(Buffer.alloc(300_000, 7));
    await once(agent, 'end');
    agent.end('last words');
    await done;
    expect(Buffer.concat(received).length).toBe(300_000);
    expect(bytes()).toBe(300_010);
  });

  it('pushes back on a fast sender when the other side does not read', async () => {
    const { browser, agent, near, cut, done } = await joined();
    agent.pause();
    let sent = 0;
    const chunk = Buffer.alloc(64 * 1024);
    while (browser.write(chunk) && sent < 400 * chunk.length) sent += chunk.length;
    const flood = () => {
      if (sent < 3_000 * chunk.length) {
        sent += chunk.length;
        browser.write(chunk, flood);
      }
    };
    flood();
    await waitFor(() => near[1].writableNeedDrain);
    expect(near[1].writableLength).toBeLessThan(2 * 1024 * 1024);
    cut();
    await done;
  });

  it('closes the other side when one is reset', async () => {
    const { browser, agent, done } = await joined();
    agent.resume();
    browser.resetAndDestroy();
    await once(agent, 'end');
    agent.end();
    await done;
  });

  it('does not wait past its linger for a side that never ends', async () => {
    const { browser, agent, done } = await joined(30);
    agent.pause();
    browser.end();
    await done;
  });
});
