/**
 * The short way for the two requests that come by the thousand: GET of a narinfo and of an archive.
 * Reads plain requests off the socket and answers them; at the first that is not plain, the connection
 * goes to Node's HTTP server for good.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { NixCache } from './nix-cache.ts';
import { findNar, findPath, upstreamNamespace } from './parts.ts';
import { parseCachePath, type Wanted } from './request.ts';
import { contentTypes, narCaching } from './serving.ts';

/** Connections that are still on the short way; Node's server knows nothing of them. */
export interface Front {
  /** Closes those that are between two requests. */
  closeIdle(): void;
  closeAll(): void;
}

/** Puts the short way in front of a server (of its `connection` event). */
export function createFront(cache: Pick<NixCache, 'parts'>, server: Server): Front {
  /** Socket → whether it is being answered. */
  const attended = new Map<Socket, boolean>();
  const listeners = server.listeners('connection');
  server.removeAllListeners('connection');
  const answer = answerer(cache);
  const idle = cache.parts.serving.limits.readerIdleMs;
  server.on('connection', (socket: Socket) => {
    attend(socket, { attended, idle }, answer, () => {
      for (const listener of listeners) listener.call(server, socket);
    });
  });
  return {
    closeIdle() {
      for (const [socket, isBusy] of attended) {
        if (!isBusy) socket.destroy();
      }
    },
    closeAll() {
      for (const socket of attended.keys()) socket.destroy();
    },
  };
}

/** An answer that is in memory, or one that is written piece by piece; null: not a plain request. */
type Answer =
  | string
  | { head: string; body: Buffer }
  | ((socket: Socket) => Promise<boolean>)
  | null;

/** Longer than any head of Nix; longer ones go to Node. */
const headBytesMax = 4096;

function attend(
  socket: Socket,
  { attended, idle }: { attended: Map<Socket, boolean>; idle: number },
  answer: (head: string) => Answer,
  giveUp: () => void,
): void {
  const leave = () => {
    attended.delete(socket);
    socket.off('data', take);
    socket.off('error', ignore);
    socket.off('timeout', timeout);
    socket.setTimeout(0);
  };
  const take = (chunk: Buffer) => {
    const head = chunk.length <= headBytesMax ? chunk.toString('latin1') : '';
    const reply = head.startsWith('GET ') ? answer(head) : null;
    if (reply === null) {
      leave();
      socket.unshift(chunk);
      giveUp();
      return;
    }
    if (typeof reply !== 'function') {
      if (!writeNow(socket, reply)) pauseUntil(new Promise((go) => socket.once('drain', go)));
      return;
    }
    pauseUntil(
      reply(socket).then((isWhole) => {
        if (!isWhole) socket.destroy();
      }),
    );
  };
  const pauseUntil = (done: Promise<unknown>) => {
    socket.pause();
    attended.set(socket, true);
    done.then(
      () => {
        if (attended.has(socket)) attended.set(socket, false);
        socket.resume();
      },
      () => socket.destroy(),
    );
  };
  const ignore = () => socket.destroy();
  const timeout = () => socket.destroy();
  socket.setNoDelay(true);
  socket.setTimeout(idle);
  attended.set(socket, false);
  socket.once('close', () => attended.delete(socket));
  socket.on('data', take).on('error', ignore).on('timeout', timeout);
}

/** Head and body in one system call. Reports whether the system took most of it. */
function writeNow(socket: Socket, reply: string | { head: string; body: Buffer }): boolean {
  if (typeof reply === 'string') return socket.write(reply, 'latin1');
  socket.cork();
  socket.write(reply.head, 'latin1');
  socket.write(reply.body);
  socket.uncork();
  return !socket.writableNeedDrain;
}

/** What only a whole HTTP server should judge: bodies, ranges, conditions, line ends of its own. */
const notPlain =
  /\r\n(?:range|connection|content-length|transfer-encoding|expect|upgrade|te|if-[a-z-]+)[ \t]*:|[^\r]\n|\r[^\n]|\n[ \t]/i;
const authorization = /\r\nauthorization:[ \t]*([^\r]*?)[ \t]*\r\n/i;

function answerer({ parts: { prefix, serving, grants } }: Pick<NixCache, 'parts'>) {
  const date = dateHeader(serving.clock);
  return (head: string): Answer => {
    const end = head.indexOf(' HTTP/1.1\r\n', 4);
    // One request a time: a second one behind it has another empty line.
    if (end < 0 || head.indexOf('\r\n\r\n') !== head.length - 4 || notPlain.test(head)) return null;
    const asked = parseCachePath(head.slice(4, end), prefix);
    if (!asked || asked.namespace === upstreamNamespace) return null;
    const header = authorization.exec(head)?.[1];
    if (!grants.isGranted(header, { namespace: asked.namespace, access: 'read' })) return null;
    return answerWanted(asked.namespace, asked.wanted);
  };

  function answerWanted(namespace: string, wanted: Wanted): Answer {
    if (wanted.kind === 'narinfo') {
      const found = findPath(serving, namespace, wanted.hash);
      if (found) return `${ok(contentTypes.narinfo, found.text.length)}\r\n${found.text}`;
      if (serving.upstream && !serving.upstream.knows(wanted.hash)) return null;
      return `HTTP/1.1 404 Not Found\r\nDate: ${date()}\r\nContent-Length: 0\r\n\r\n`;
    }
    if (wanted.kind !== 'nar') return null;
    const found = findNar(serving, namespace, wanted.name);
    if (!found) return null;
    const { bytes } = found;
    const head = `${ok(contentTypes.nar, bytes)}Accept-Ranges: bytes\r\nCache-Control: ${narCaching}\r\nETag: "${wanted.name}"\r\n\r\n`;
    const body = serving.sender.hot(wanted.name);
    if (body) return { head, body };
    return (socket) => {
      socket.cork();
      socket.write(head, 'latin1');
      process.nextTick(() => socket.uncork());
      return serving.sender.send(socket, wanted.name, { start: 0, end: bytes, bytes });
    };
  }

  function ok(type: string, bytes: number): string {
    return `HTTP/1.1 200 OK\r\nDate: ${date()}\r\nContent-Type: ${type}\r\nContent-Length: ${bytes}\r\n`;
  }
}

/** RFC 9110 §6.6.1; written once a second. */
function dateHeader(clock: { now(): number }): () => string {
  let second = 0;
  let text = '';
  return () => {
    const now = Math.floor(clock.now() / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toUTCString();
    }
    return text;
  };
}
