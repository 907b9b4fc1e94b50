/** A pseudoterminal with a program in it, as bytes. */
import type { Socket } from 'node:net';
import { type HostSpawn, hostError } from './host-protocol.ts';

export interface Pty {
  pid: number;
  onData(listener: (bytes: Uint8Array) => void): void;
  /** After the last byte. A signal counts as 128 and its number, as shells say it. */
  onExit(listener: (exitCode: number) => void): void;
  /** False when the program is slow to read: wait for `drained`. */
  write(bytes: Uint8Array): boolean;
  drained(then: () => void): void;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
  kill(signal: NodeJS.Signals): void;
}

/** Quiet time after which a terminal whose program has exited is taken to have no more output. */
const lastOutputMs = 100;

/** As `loadScreen`. */
export function loadPty() {
  return import('@lydell/node-pty');
}

/** Throws `E_PROCESS_FAILED` when there is no such program or folder. */
export async function openPty({ argv, env, cwd, columns, rows }: HostSpawn): Promise<Pty> {
  const { default: nodePty } = await loadPty();
  const [program = '', ...args] = argv;
  let pty: ReturnType<typeof nodePty.spawn>;
  try {
    pty = nodePty.spawn(program, args, {
      name: env.TERM ?? 'xterm-256color',
      cols: columns,
      rows,
      cwd,
      env,
      encoding: null,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw hostError('E_PROCESS_FAILED', reason);
  }
  let paused = false;
  let exiting = false;
  const { _socket: socket } = pty as unknown as { _socket: Socket };
  keepLastOutput(socket, () => {
    exiting = true;
    pty.resume();
  });
  return {
    pid: pty.pid,
    // With `encoding: null` the data are bytes, whatever the type says.
    onData: (listener) => void pty.onData((data) => listener(data as unknown as Uint8Array)),
    onExit: (listener) =>
      void pty.onExit(({ exitCode, signal }) => listener(signal ? 128 + signal : exitCode)),
    write: (bytes) => exiting || socket.write(bytes),
    drained: (then) => void socket.once('drain', then),
    resize: (to, high) => {
      if (!exiting) pty.resize(to, high);
    },
    pause: () => {
      if (paused || exiting) return;
      paused = true;
      pty.pause();
    },
    resume: () => {
      if (!paused) return;
      paused = false;
      pty.resume();
    },
    kill: (signal) => {
      try {
        process.kill(-pty.pid, signal);
      } catch {
        pty.kill(signal);
      }
    },
  };
}

/**
 * node-pty destroys its stream 200 ms after the program's exit, whatever is still unread: a paused
 * terminal would lose up to a pipe full of its last output. So that destroy first reads on until
 * the end, or until nothing has come for a while (a background job may hold the terminal open).
 */
function keepLastOutput(socket: Socket, readOn: () => void): void {
  const destroy = socket.destroy.bind(socket);
  let timer: NodeJS.Timeout | undefined;
  socket.destroy = (error) => {
    if (error || timer) return destroy(error);
    timer = setTimeout(() => destroy(), lastOutputMs);
    socket.on('data', () => timer?.refresh());
    readOn();
    return socket;
  };
}
