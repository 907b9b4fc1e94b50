/** The pty host: owns the terminals, outlives the agent. */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { type Clock, newId, type Random } from '@joh/clock';
import { limits } from '#limits';
import {
  type HostFailure,
  type HostMessage,
  type HostOpening,
  type HostRequest,
  type HostSpawn,
  hostError,
} from './host-protocol.ts';
import { createHostTerminal, type HostTerminal } from './host-terminal.ts';
import { loadPty } from './pty.ts';
import { loadScreen } from './screen.ts';

export interface PtyHostOptions {
  /** Path of the unix socket; a stale one is replaced. */
  path: string;
  clock: Clock;
  random: Random;
  /** Ends the host when no agent was connected for so long; null: never. */
  orphanMs: number | null;
  /** Whether the first terminal finds its code in memory: some 10 MB, for some 20 ms of processor then. */
  isRoomy: boolean;
  /** Called after `shutdown`, or when orphaned; every terminal is being ended then. */
  onEnd: () => void;
}

interface Host {
  terminals: Map<string, HostTerminal>;
  verbs: Set<Socket>;
  options: PtyHostOptions;
  end(): void;
}

/** Listens until it is shut down. */
export async function startPtyHost(options: PtyHostOptions): Promise<Server> {
  const { path, clock, orphanMs } = options;
  let connections = 0;
  let orphaned: (() => void) | null = null;
  let ended = false;
  const server = createServer({ allowHalfOpen: true });
  const host: Host = {
    terminals: new Map(),
    verbs: new Set(),
    options,
    end: () => {
      if (ended) return;
      ended = true;
      server.close();
      for (const terminal of host.terminals.values()) terminal.close();
      void waitForTerminals(host, clock).finally(options.onEnd);
    },
  };
  const watchOrphan = () => {
    if (orphanMs !== null && connections === 0) orphaned = clock.after(orphanMs, host.end);
  };
  server.on('connection', (socket) => {
    connections += 1;
    orphaned?.();
    orphaned = null;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connections -= 1;
      watchOrphan();
    });
    welcome(socket, host);
  });
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  watchOrphan();
  // What cannot be loaded is told when a terminal wants it.
  if (options.isRoomy) Promise.all([loadScreen(), loadPty()]).catch(() => undefined);
  return server;
}

async function waitForTerminals(host: Host, clock: Clock): Promise<void> {
  const until = clock.monotonic() + limits.killGraceMs * 2;
  const running = () => [...host.terminals.values()].some((t) => t.describe().exitCode === null);
  while (running() && clock.monotonic() < until) await clock.sleep(20);
}

/** Reads the first line, which says what the connection is. */
function welcome(socket: Socket, host: Host): void {
  let held = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    const end = held.indexOf(10);
    if (end < 0) {
      if (held.length > 4096) socket.destroy();
      return;
    }
    socket.off('data', read);
    const rest = held.subarray(end + 1);
    const opening = readLine<HostOpening>(held.toString('utf8', 0, end));
    if (opening?.open === 'verbs') serveVerbs(socket, rest, host);
    else {
      const terminal = host.terminals.get(opening?.terminal ?? '');
      if (!terminal) return void socket.end();
      // The reader of this side has gone for good once it ends its own direction.
      socket.on('end', () => socket.end());
      terminal.attach(socket);
      if (rest.length > 0) socket.emit('data', rest);
    }
  };
  socket.on('data', read);
}

function serveVerbs(socket: Socket, first: Buffer, host: Host): void {
  host.verbs.add(socket);
  socket.on('close', () => host.verbs.delete(socket));
  socket.on('end', () => socket.end());
  let held = '';
  const decoder = new TextDecoder();
  const read = (chunk: Buffer) => {
    const lines = (held + decoder.decode(chunk, { stream: true })).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      const request = readLine<HostRequest>(line);
      if (request) void answer(socket, request, host);
      else socket.destroy();
    }
  };
  socket.on('data', read);
  read(first);
}

async function answer(socket: Socket, request: HostRequest, host: Host): Promise<void> {
  const say = (message: HostMessage) => socket.write(`${JSON.stringify(message)}\n`);
  try {
    const terminals = await perform(request, host);
    say({ id: request.id, terminals: terminals.map((terminal) => terminal.describe()) });
    if (request.verb === 'shutdown') host.end();
  } catch (error) {
    const { code = 'E_PROCESS_FAILED', reason = String(error) } = error as Partial<HostFailure>;
    say({ id: request.id, error: { code, reason } });
  }
}

/** Answers with the terminals that the verb is about. */
async function perform(request: HostRequest, host: Host): Promise<HostTerminal[]> {
  const { terminals } = host;
  if (request.verb === 'list') return [...terminals.values()];
  if (request.verb === 'create') return [await createIn(host, request.spawn)];
  if (request.verb === 'shutdown') return [];
  const terminal = terminals.get(request.terminal);
  if (!terminal) throw hostError('E_TERMINAL_UNKNOWN', 'it has ended');
  if (request.verb === 'resize') terminal.resize(request.columns, request.rows);
  else {
    terminals.delete(request.terminal);
    terminal.close();
  }
  return [];
}

async function createIn(host: Host, spawn: HostSpawn): Promise<HostTerminal> {
  const { terminals, options } = host;
  if (terminals.size >= limits.terminalsMax) {
    const exited = [...terminals].find(([, terminal]) => terminal.describe().exitCode !== null);
    if (!exited) {
      throw hostError('E_PROCESS_FAILED', 'too many terminals are open');
    }
    terminals.delete(exited[0]);
    exited[1].close();
  }
  const id = newId('terminal', options.random);
  const terminal = await createHostTerminal(id, spawn, {
    clock: options.clock,
    onExit: (exitCode) => {
      const line = `${JSON.stringify({ exited: id, exitCode } satisfies HostMessage)}\n`;
      for (const socket of host.verbs) socket.write(line);
    },
  });
  terminals.set(id, terminal);
  return terminal;
}

function readLine<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
