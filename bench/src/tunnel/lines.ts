import { createClientLink, type Link, wsTransport } from '@joh/link';
import { waitFor } from '@joh/testkit';
import { WebSocket } from 'ws';
import type { BenchContext } from '../bench.ts';

/** One way from a browser to the agent. */
export interface Line {
  name: string;
  url: string;
  headers: Record<string, string>;
  /** The process in between, or null. */
  pid: number | null;
}

/** Opens that many links of one websocket each. */
export async function openLinks(
  { clock, random, cleanUp }: BenchContext,
  { url, headers }: Line,
  count: number,
): Promise<Link[]> {
  const links = Array.from({ length: count }, () =>
    createClientLink({
      clock,
      random,
      ticket: async () => 'bench',
      connect: (signal) => connect(url, headers, signal),
    }),
  );
  cleanUp(() => {
    for (const link of links) link.close();
  });
  await waitFor(() => links.every(({ state }) => state === 'open'), {
    deadlineMs: 20_000,
    what: `${count} links to ${url} are open`,
  });
  return links;
}

function connect(url: string, headers: Record<string, string>, signal: AbortSignal) {
  return new Promise<ReturnType<typeof wsTransport>>((resolve, reject) => {
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    signal.addEventListener('abort', () => socket.terminate(), { once: true });
    socket.once('open', () => resolve(wsTransport(socket)));
    socket.once('error', reject);
  });
}
