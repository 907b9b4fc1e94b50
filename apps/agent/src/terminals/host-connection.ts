/** The agent's end of the pty host. */
import { connect, type Socket } from 'node:net';
import type { Clock } from '@joh/clock';
import { fault, type Terminal } from '@joh/protocol';
import { limits } from '#limits';
import type { HostMessage, HostVerb } from '#pty-host';

export interface HostConnection {
  ask(verb: HostVerb): Promise<Terminal[]>;
  close(): void;
}

interface Asked {
  resolve(terminals: Terminal[]): void;
  reject(error: unknown): void;
}

/** Opens the socket; rejects with the system's error. */
export async function openSocket(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve).once('error', reject);
  await promise;
  socket.off('error', reject).on('error', () => undefined);
  return socket;
}

/** Connects for verbs. `onExited` hears of every terminal's end, `onLost` of the connection's. */
export async function connectVerbs(options: {
  path: string;
  clock: Clock;
  onExited: (terminal: string, exitCode: number | null) => void;
  onLost: () => void;
}): Promise<HostConnection> {
  const socket = await openSocket(options.path);
  const asked = new Map<number, Asked>();
  let last = 0;
  let held = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (held + text).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) heard(line);
  });
  socket.on('close', () => {
    for (const { reject } of asked.values()) reject(fault('E_TERMINAL_UNKNOWN', {}));
    options.onLost();
  });
  socket.on('end', () => socket.end());
  socket.write('{"open":"verbs"}\n');

  function heard(line: string) {
    const message = JSON.parse(line) as HostMessage;
    if ('exited' in message) return options.onExited(message.exited, message.exitCode);
    const waiting = asked.get(message.id);
    asked.delete(message.id);
    if ('terminals' in message) waiting?.resolve(message.terminals);
    else {
      const { code, reason } = message.error;
      waiting?.reject(fault(code, { program: 'terminal', reason }));
    }
  }
  return {
    ask: async (verb) => {
      const id = ++last;
      const { promise, resolve, reject } = Promise.withResolvers<Terminal[]>();
      asked.set(id, { resolve, reject });
      const cancel = options.clock.after(limits.ptyHostAnswerMs, () => {
        asked.delete(id);
        reject(fault('E_PROCESS_FAILED', { program: 'pty host', reason: 'no answer in time' }));
      });
      socket.write(`${JSON.stringify({ id, ...verb })}\n`);
      return promise.finally(cancel);
    },
    close: () => socket.destroy(),
  };
}
