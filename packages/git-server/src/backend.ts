import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fault } from '@joh/protocol';
import { type CgiHead, cgiHeadBytesMax, parseCgiHead } from './cgi-head.ts';
import { startGit } from './git-process.ts';
import type { GitRequest } from './git-request.ts';
import { feedBody } from './request-body.ts';

/** Of what git says on its error output; the log needs no more. */
const errorChunksMax = 20;

export interface BackendExchange {
  request: IncomingMessage;
  response: ServerResponse;
  root: string;
  /** Path below `root`, with a leading slash. */
  repository: string;
  user: string;
  hiddenRefs: readonly string[];
  wanted: GitRequest;
  pushBytesMax: number;
  signal: AbortSignal;
  git?: string;
}

/**
 * One request through `git http-backend` (git-http-backend(1)): bytes stream in and out, and
 * compressed bodies are unpacked by git itself. Returns when the answer has gone and git has ended.
 */
export async function serveBackend(exchange: BackendExchange): Promise<void> {
  const { request, response, signal } = exchange;
  const child = startGit({
    ...(exchange.git === undefined ? {} : { git: exchange.git }),
    args: ['http-backend'],
    cwd: exchange.root,
    settings: settingsOf(exchange),
    environment: cgiEnvironment(exchange),
    signal,
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const errors: Buffer[] = [];
  child.on('error', (error) => errors.push(Buffer.from(error.message)));
  child.stderr.on('data', (chunk: Buffer) => {
    if (errors.length < errorChunksMax) errors.push(chunk);
  });
  // What git refuses is named by git; this bound only meets who does not listen.
  const sent = feedBody(request, child.stdin, exchange.pushBytesMax + 1024 * 1024);
  try {
    const head = await readHead(child.stdout).catch((cause: unknown) => {
      const reason = Buffer.concat(errors).toString().trim() || 'git did not answer';
      throw fault('E_REPOSITORY_FAILED', { reason }, { cause });
    });
    response.writeHead(head.status, Object.fromEntries(head.headers));
    if (head.rest.length > 0) response.write(head.rest);
    await pipeline(child.stdout, response, { signal });
    await sent;
  } finally {
    await closed;
  }
}

function settingsOf({ hiddenRefs, pushBytesMax }: BackendExchange): Record<string, string> {
  const hidden = hiddenRefs.map((ref, index) => [`transfer.hideRefs#${index + 1}`, ref]);
  // git's own limit is the one a user reads ("pack exceeds maximum allowed size").
  return { 'receive.maxInputSize': String(pushBytesMax), ...Object.fromEntries(hidden) };
}

function cgiEnvironment({ request, root, repository, user, wanted }: BackendExchange) {
  const header = (name: string) => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : '';
  };
  const protocol = header('git-protocol');
  const length = header('content-length');
  return {
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: repository + wanted.path,
    QUERY_STRING: wanted.query,
    REQUEST_METHOD: request.method ?? '',
    CONTENT_TYPE: header('content-type'),
    // Absent for a chunked body: git then reads to its end.
    ...(length ? { CONTENT_LENGTH: length } : {}),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    REMOTE_USER: user,
    REMOTE_ADDR: request.socket.remoteAddress ?? '',
    ...(/^[\w=:.-]{1,200}$/.test(protocol) ? { GIT_PROTOCOL: protocol } : {}),
  };
}

/**
 * Leaves the stream paused right behind the head. Listens to `data`, not to `readable`: Node resumes
 * the output of a child that exits when it sees no reader, and would drop what it carries.
 */
function readHead(stdout: Readable): Promise<CgiHead> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const stop = () => {
      stdout.off('data', take);
      stdout.off('close', ended);
      stdout.off('error', ended);
    };
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const head = parseCgiHead(bytes);
      if (!head && bytes.length <= cgiHeadBytesMax) return;
      stdout.pause();
      stop();
      if (head) resolve(head);
      else reject(new Error('the head is too long'));
    };
    const ended = () => {
      stop();
      reject(new Error('it ended without a head'));
    };
    stdout.on('data', take);
    stdout.on('close', ended);
    stdout.on('error', ended);
  });
}
