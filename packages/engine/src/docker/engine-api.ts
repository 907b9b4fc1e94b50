/** Docker's Engine API over a Unix socket: requests with a bound, and faults that say what to do. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Clock, DeadlinePassed, withDeadline } from '@joh/clock';
import { type Fault, fault } from '@joh/protocol';

export interface EngineApi {
  /**
   * One request, its answer read whole. Any status resolves: what it means is the caller's to say.
   * @throws E_ENGINE_UNREACHABLE nobody answered in time; the signal's reason when it aborts.
   */
  call(method: Method, path: string, options: CallOptions): Promise<ApiAnswer>;
  /** One request whose answer is read as it comes, until its signal aborts. */
  open(method: Method, path: string, options: OpenOptions): Promise<IncomingMessage>;
  close(): void;
}

type Method = 'GET' | 'POST' | 'DELETE';

interface CallOptions {
  signal: AbortSignal;
  timeoutMs: number;
  /** Sent as JSON. */
  body?: unknown;
}

interface OpenOptions extends Omit<CallOptions, 'body'> {
  /** Sent as it comes, as a tar. */
  stream?: NodeJS.ReadableStream;
}

export interface ApiAnswer {
  status: number;
  /** The parsed body; its `message` where it is an error. */
  body: unknown;
  /** The daemon's sentence about an error. */
  message: string;
}

/** Everything used here is in 1.41 (Docker 20.10); newer daemons drop versions before 1.44. */
const oldest = [1, 41] as const;
const newest = [1, 50] as const;

/** Makes a client; nothing is contacted until the first call, which negotiates the version. */
export function createEngineApi(options: { clock: Clock; socketPath: string }): EngineApi {
  const { clock, socketPath } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  let version: string | null = null;

  const send = (method: Method, path: string, given: Sent): Promise<IncomingMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const body = given.body === undefined ? undefined : JSON.stringify(given.body);
    const type = given.stream ? 'application/x-tar' : 'application/json';
    const headers =
      body || given.stream ? { 'content-type': type, host: 'docker' } : { host: 'docker' };
    // A stream has a socket to itself, so that its end ends the request.
    const pool = given.lasting ? new Agent() : agent;
    const asked = request(
      { socketPath, method, path, headers, agent: pool, signal: given.signal },
      resolve,
    );
    asked.on('error', reject);
    if (given.stream) given.stream.on('error', (error) => asked.destroy(error)).pipe(asked);
    else asked.end(body);
    return promise;
  };
  const negotiate = async (signal: AbortSignal): Promise<string> => {
    if (version) return version;
    const answer = await send('GET', '/_ping', { signal });
    answer.resume();
    version = versionFor(String(answer.headers['api-version'] ?? ''));
    return version;
  };
  const bounded = async <T>(given: CallOptions, work: (signal: AbortSignal) => Promise<T>) => {
    given.signal.throwIfAborted();
    try {
      return await withDeadline(clock, given.timeoutMs, given.signal, work);
    } catch (error) {
      given.signal.throwIfAborted();
      // Another daemon may come up in its place.
      version = null;
      throw faultOf(error, socketPath);
    }
  };
  return {
    call: (method, path, given) =>
      bounded(given, async (signal) => {
        const prefix = path === '/_ping' ? '' : await negotiate(signal);
        const answer = await send(method, prefix + path, { ...given, signal });
        return answerOf(answer.statusCode ?? 0, await text(answer));
      }),
    open: (method, path, given) =>
      bounded(given, async (signal) => {
        const prefix = await negotiate(signal);
        const answer = await send(method, prefix + path, { ...given, signal, lasting: true });
        // The bound was for the answer's beginning; from here only the caller ends it.
        const end = () => answer.destroy();
        given.signal.addEventListener('abort', end, { once: true });
        answer.once('close', () => given.signal.removeEventListener('abort', end));
        return answer;
      }),
    close: () => agent.destroy(),
  };
}

interface Sent {
  signal: AbortSignal;
  body?: unknown;
  stream?: NodeJS.ReadableStream;
  lasting?: true;
}

function answerOf(status: number, body: string): ApiAnswer {
  let parsed: unknown = body;
  try {
    parsed = JSON.parse(body);
  } catch {
    // `/_ping` and empty answers.
  }
  const message = (parsed as { message?: unknown } | null)?.message;
  return { status, body: parsed, message: typeof message === 'string' ? message : body };
}

/** The newest version that both sides know, as a path prefix. Throws when there is none. */
export function versionFor(daemon: string): string {
  const [, major = 0, minor = 0] = (/^(\d+)\.(\d+)$/.exec(daemon) ?? []).map(Number);
  const before = (one: readonly [number, number], other: readonly [number, number]) =>
    one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
  if (before([major, minor], oldest)) {
    const reason = `the Docker daemon speaks API ${daemon || 'unknown'}; ${oldest.join('.')} (Docker 20.10) or newer is needed`;
    throw fault('E_ENGINE_REFUSED', { reason });
  }
  const agreed = before(newest, [major, minor]) ? newest : [major, minor];
  return `/v${agreed.join('.')}`;
}

const advice: Record<string, string> = {
  ENOENT: 'there is no such socket. Start Docker, or name another socket',
  ECONNREFUSED: 'no daemon listens there. Start Docker',
  EACCES: 'this user may not open it. Add the user to the group docker',
};

function faultOf(error: unknown, socketPath: string): unknown {
  if ((error as Fault).code === 'E_ENGINE_REFUSED') return error;
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  const late = error instanceof DeadlinePassed ? `no answer ${error.message}` : undefined;
  const what = late ?? advice[code] ?? (error instanceof Error ? error.message : String(error));
  const reason = `Docker at ${socketPath}: ${what}`;
  return fault('E_ENGINE_UNREACHABLE', { reason }, { cause: error });
}
