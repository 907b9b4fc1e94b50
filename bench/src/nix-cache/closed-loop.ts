import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { cpuMs } from '../process-usage.ts';

export interface Load {
  port: number;
  /** The server's process, or its one worker. */
  pid: number;
  /** Asked in turn, on all connections together. */
  paths: readonly string[];
  headers: Readonly<Record<string, string>>;
  connections: number;
  requests: number;
}

export interface Measured {
  cpuMsPerRequest: number;
  requestsPerSecond: number;
  bytesPerRequest: number;
}

/** Each connection asks again when it has its answer. @throws Error an answer is not 200 */
export async function closedLoop(load: Load): Promise<Measured> {
  let asked = 0;
  let bytes = 0;
  const next = () => {
    if (asked >= load.requests) return null;
    asked += 1;
    return headOf(load, load.paths[asked % load.paths.length] ?? '');
  };
  const sockets = await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const socket = connect(load.port, '127.0.0.1').setNoDelay(true);
      await once(socket, 'connect');
      return socket;
    }),
  );
  const before = cpuMs(load.pid);
  const start = performance.now();
  await Promise.all(
    sockets.map((socket) => attend(socket, next, (received) => (bytes += received))),
  );
  const seconds = (performance.now() - start) / 1000;
  const cpu = cpuMs(load.pid) - before;
  for (const socket of sockets) socket.destroy();
  return {
    cpuMsPerRequest: cpu / load.requests,
    requestsPerSecond: load.requests / seconds,
    bytesPerRequest: bytes / load.requests,
  };
}

/** As Nix's curl writes it. */
function headOf({ headers }: Load, path: string): string {
  const lines = Object.entries({
    Host: '127.0.0.1',
    'User-Agent': 'curl/8.14.1 Nix/2.26.3',
    Accept: '*/*',
    'Accept-Encoding': 'deflate, gzip, br, zstd',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** Heads come whole at the start of a packet here: the servers write them so. */
function attend(
  socket: Socket,
  next: () => string | null,
  onBytes: (bytes: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = 0;
    const ask = () => {
      const head = next();
      if (head === null) resolve();
      else socket.write(head);
    };
    socket.on('error', reject).on('close', () => reject(new Error('the server hung up')));
    socket.on('data', (chunk: Buffer) => {
      onBytes(chunk.length);
      if (missing === 0) {
        const end = chunk.indexOf('\r\n\r\n');
        const head = chunk.toString('latin1', 0, end);
        const [, length] = /^content-length: (\d+)/im.exec(head) ?? [];
        if (end < 0 || !head.startsWith('HTTP/1.1 200') || length === undefined) {
          reject(new Error(`it answers ${head.slice(0, 100)}`));
          return;
        }
        missing = Number(length) + end + 4;
      }
      missing -= chunk.length;
      if (missing === 0) ask();
    });
    ask();
  });
}
