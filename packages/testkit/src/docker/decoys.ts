/**
 * Hosts that a container must not reach, and one that it may: web servers at such addresses in a
 * namespace of the test, so that a test that finds a hole still sends nothing beyond it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { entering } from './namespaces.ts';

/** Each serves HTTP on port 80 and answers `decoy <its address>`. */
export const decoyAddresses = {
  /** What clouds tell their machines, credentials included (RFC 3927's range). */
  metadata: '169.254.169.254',
  /** RFC 1918. */
  private10: '10.20.30.40',
  private172: '172.31.30.40',
  private192: '192.168.30.40',
  /** RFC 6598, between carriers. */
  carrier: '100.64.30.40',
  /** Stands for the internet, which sessions may reach (RFC 5737: nobody's). */
  internet: '203.0.113.40',
} as const;

export interface Decoys {
  readonly addresses: typeof decoyAddresses;
  /** Requests that reached one, so far. */
  heard(): readonly { address: string; from: string }[];
}

const script = `
const server = require('node:http').createServer(({ socket }, answer) => {
  const address = socket.localAddress;
  console.log(JSON.stringify({ address, from: socket.remoteAddress }));
  answer.end('decoy ' + address);
});
server.listen(80, '0.0.0.0', () => console.log('listening'));`;

/** Starts them; they end with their namespace. */
export async function startDecoys(namespace: string): Promise<Decoys> {
  const [nsenter = '', ...parameters] = entering(namespace);
  const child = spawn(nsenter, [...parameters, process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.unref();
  (child.stdout as Partial<{ unref(): void }>).unref?.();
  const requests: { address: string; from: string }[] = [];
  const lines = createInterface({ input: child.stdout });
  const listening = once(lines, 'line');
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('the decoys ended')));
  ended.catch(() => undefined);
  await Promise.race([listening, ended]);
  lines.on('line', (line) => requests.push(JSON.parse(line)));
  return { addresses: decoyAddresses, heard: () => requests };
}
