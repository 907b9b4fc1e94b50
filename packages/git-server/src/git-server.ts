import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type Clock, createTurns, linger } from '@joh/clock';
import { type Fault, fault, isFault } from '@joh/protocol';
import { serveBackend } from './backend.ts';
import { type GitRequest, parseGitRequest } from './git-request.ts';

/** Smart HTTP (protocol v2) over real git, for `/git/<owner>/<project>.git/*`. */
export interface GitServer {
  /** Answers one request; never rejects. Ends when the answer has gone or the client has. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/** What the holder of the credentials may have. */
export interface GitGrant {
  /** The account's name: what git's hooks see as `REMOTE_USER`. */
  user: string;
  /** Folder of the bare repository, relative to `root`. */
  repository: string;
  /** References that this holder neither sees nor writes, e.g. `refs/snapshots/`. */
  hiddenRefs?: readonly string[];
  /** Ends the exchange when it aborts: the grant was withdrawn while it ran. */
  signal?: AbortSignal;
  /** Called once when the exchange is over and its processes are gone. */
  done?(outcome: 'served' | 'cut'): void;
}

export interface GitServerOptions {
  /** Folder of all repositories, absolute. */
  root: string;
  /**
   * Decides by the request's credentials. `E_ACCOUNT_SIGNED_OUT` and `E_ACCOUNT_PASSWORD_WRONG`
   * make git ask for a password.
   */
  authorize(
    request: IncomingMessage,
    wanted: Pick<GitRequest, 'owner' | 'project' | 'service'>,
  ): Promise<GitGrant | Fault>;
  clock: Clock;
  /** Hears of what went wrong inside: never of refusals. */
  onError(error: unknown, path: string): void;
  /** The program; default `git` on the path. */
  git?: string;
  limits: { pushBytesMax: number; gitRequestDeadlineMs: number; gitRequestsMax: number };
}

export function createGitServer(options: GitServerOptions): GitServer {
  const turns = createTurns(options.limits.gitRequestsMax);
  return {
    async handle(request, response) {
      const wanted = parseGitRequest(request.method ?? '', request.url ?? '');
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      try {
        if (!wanted) throw fault('E_ROUTE_UNKNOWN', { path });
        refuseLong(request, options.limits.pushBytesMax);
        const grant = await options.authorize(request, wanted);
        if (isFault(grant)) throw grant;
        await exchange(options, turns, { wanted, grant, request, response, gone: gone.signal });
      } catch (error) {
        if (!isFault(error) && !gone.signal.aborted) options.onError(error, path);
        refuse(
          request,
          response,
          isFault(error) ? error : fault('E_REPOSITORY_FAILED', { reason: 'see the log' }),
          options.clock,
        );
      }
    },
  };
}

interface Exchange {
  wanted: GitRequest;
  grant: GitGrant;
  request: IncomingMessage;
  response: ServerResponse;
  gone: AbortSignal;
}

async function exchange(
  options: GitServerOptions,
  turns: ReturnType<typeof createTurns>,
  { wanted, grant, request, response, gone }: Exchange,
): Promise<void> {
  const late = new AbortController();
  const cancel = options.clock.after(options.limits.gitRequestDeadlineMs, () => late.abort());
  const signal = AbortSignal.any([gone, late.signal, ...(grant.signal ? [grant.signal] : [])]);
  let outcome: 'served' | 'cut' = 'cut';
  let give: (() => void) | undefined;
  try {
    give = await turns.take(signal);
    await serveBackend({
      request,
      response,
      root: options.root,
      repository: join('/', grant.repository),
      user: grant.user,
      hiddenRefs: grant.hiddenRefs ?? [],
      wanted,
      pushBytesMax: options.limits.pushBytesMax,
      signal,
      ...(options.git === undefined ? {} : { git: options.git }),
    });
    outcome = 'served';
  } finally {
    cancel();
    give?.();
    grant.done?.(outcome);
  }
}

function refuseLong(request: IncomingMessage, limitBytes: number): void {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) {
    throw fault('E_REQUEST_TOO_LARGE', { limitBytes });
  }
}

/** In plain text: git shows it as `remote: …`. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  reason: Fault,
  clock: Clock,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { code, message, todo } = reason.body();
  const asks = code === 'E_ACCOUNT_SIGNED_OUT' || code === 'E_ACCOUNT_PASSWORD_WRONG';
  response.writeHead(reason.status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    // What the client is still sending is not read.
    connection: 'close',
    ...(asks ? { 'www-authenticate': 'Basic realm="Joy of Hardware", charset="UTF-8"' } : {}),
  });
  response.end(`${message}\n${todo} (${code})\n`);
  linger(request, clock);
}
