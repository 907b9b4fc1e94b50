/** The terminal verbs of the RPC, over the pty host. */
import type { Socket } from 'node:net';
import type { Clock } from '@joh/clock';
import { fault, type Terminal } from '@joh/protocol';
import { limits } from '#limits';
import { terminalEnvironment } from '#processes';
import { decodeFrames } from '#pty-host';
import { connectVerbs, type HostConnection, openSocket } from './host-connection.ts';

/** A client's look at one terminal. */
export interface Attachment {
  /** The screen first, then output; ends with the terminal. */
  output: AsyncIterable<Uint8Array>;
  /** Resolves when the host has room for more. */
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
}

export interface TerminalCreate {
  cwd?: string | undefined;
  title?: string | undefined;
  columns: number;
  rows: number;
  argv?: string[] | undefined;
  env?: Record<string, string> | undefined;
  /** Names the project's shell that `env` and `argv` are of. */
  shell?: string | null | undefined;
}

/** Throws `E_TERMINAL_UNKNOWN` and `E_PROCESS_FAILED`. */
export interface Terminals {
  list(): Promise<Terminal[]>;
  create(params: TerminalCreate): Promise<Terminal>;
  resize(terminal: string, columns: number, rows: number): Promise<void>;
  close(terminal: string): Promise<void>;
  attach(terminal: string): Promise<Attachment>;
  onExited(listener: (terminal: string, exitCode: number | null) => void): () => void;
  /** Ends all terminals, and the host if it is running. */
  shutdown(): Promise<void>;
  /** Lets go of the host; the terminals run on. */
  release(): void;
}

export interface TerminalsOptions {
  hostPath: string;
  /** Starts a host when none listens; null where something else keeps one running. */
  startHost: (() => void) | null;
  clock: Clock;
  /** Environment and folder of new terminals. */
  env: () => Record<string, string>;
  root: () => string;
}

export function createTerminals(options: TerminalsOptions): Terminals {
  const { hostPath, clock } = options;
  const listeners = new Set<(terminal: string, exitCode: number | null) => void>();
  let verbs: Promise<HostConnection> | null = null;
  const connectOnce = () =>
    connectVerbs({
      path: hostPath,
      clock,
      onExited: (terminal, exitCode) => {
        for (const listener of listeners) listener(terminal, exitCode);
      },
      onLost: () => {
        verbs = null;
      },
    });
  const host = () => {
    verbs ??= connectOrStart(options, connectOnce).catch((error: unknown) => {
      verbs = null;
      throw error;
    });
    return verbs;
  };
  return {
    list: async () => (await host()).ask({ verb: 'list' }),
    create: async (params) => {
      const env = { ...options.env(), ...terminalEnvironment, ...params.env };
      const argv = params.argv ?? [env.SHELL ?? '/bin/sh', '-l'];
      const { columns, rows } = params;
      const [terminal] = await (await host()).ask({
        verb: 'create',
        spawn: {
          argv,
          env,
          cwd: params.cwd ?? options.root(),
          title: params.title ?? argv[0]?.split('/').at(-1) ?? 'terminal',
          columns,
          rows,
          shell: params.shell ?? null,
        },
      });
      if (!terminal) throw fault('E_INTERNAL', { reference: 'terminal-create' });
      return terminal;
    },
    resize: async (terminal, columns, rows) => {
      await (await host()).ask({ verb: 'resize', terminal, columns, rows });
    },
    close: async (terminal) => {
      await (await host()).ask({ verb: 'close', terminal });
    },
    attach: async (terminal) => {
      await host();
      return attach(await openSocket(hostPath), terminal);
    },
    onExited: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    shutdown: async () => {
      const running = await (verbs ?? connectOnce()).catch(() => null);
      await running?.ask({ verb: 'shutdown' });
      running?.close();
    },
    release: () => {
      verbs?.then((connection) => connection.close()).catch(() => undefined);
    },
  };
}

async function connectOrStart(
  { startHost, clock }: TerminalsOptions,
  connect: () => Promise<HostConnection>,
): Promise<HostConnection> {
  try {
    return await connect();
  } catch {
    startHost?.();
  }
  const until = clock.monotonic() + limits.ptyHostStartMs;
  for (;;) {
    await clock.sleep(20);
    try {
      return await connect();
    } catch (error) {
      if (clock.monotonic() < until) continue;
      const reason = error instanceof Error ? error.message : String(error);
      throw fault('E_PROCESS_FAILED', { program: 'pty host', reason }, { cause: error });
    }
  }
}

async function attach(socket: Socket, terminal: string): Promise<Attachment> {
  socket.write(`${JSON.stringify({ open: 'terminal', terminal })}\n`);
  const frames = decodeFrames(socket);
  const first = await frames.next();
  if (first.done) {
    socket.destroy();
    throw fault('E_TERMINAL_UNKNOWN', {});
  }
  let isClosed = false;
  async function* output() {
    yield first.value as Uint8Array;
    try {
      yield* frames;
    } catch (cause) {
      // Without an end of its own the host has died, and its terminals with it.
      if (!isClosed) throw fault('E_TERMINAL_UNKNOWN', {}, { cause });
    }
  }
  return {
    output: output(),
    write: async (bytes) => {
      if (socket.destroyed || socket.write(bytes)) return;
      await new Promise<void>((resolve) => {
        socket.once('drain', resolve).once('close', resolve);
      });
    },
    close: () => {
      isClosed = true;
      socket.destroy();
    },
  };
}
