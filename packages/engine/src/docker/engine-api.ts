/** Docker's Engine API over a Unix socket or mutual TLS: requests with a bound, and faults that say what to do. */
import {
  Agent,
  type AgentOptions,
  type IncomingMessage,
  type RequestOptions,
  request,
} from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { type Clock, withDeadline } from '@joh/clock';
import { fault } from '@joh/protocol';
import { limits } from '../limits.ts';
import { connectionFault, type HostPlace } from './connection-faults.ts';
import type { DockerEndpoint } from './host-address.ts';

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

export interface EngineApiOptions extends HostPlace {
  clock: Clock;
  /** How long a host that did not answer, or was not asked yet, is asked whether it is there. */
  pingTimeoutMs?: number;
}

/** Everything used here is in 1.41 (Docker 20.10); newer daemons drop versions before 1.44. */
const oldest = [1, 41] as const;
const newest = [1, 50] as const;
/** To one host; idle ones cost FM memory for each of many hosts. */
const maxSockets = 32;
const maxFreeSockets = 4;

/** Makes a client; nothing is contacted until the first call, which negotiates the version. */
export function createEngineApi(options: EngineApiOptions): EngineApi {
  const { clock, pingTimeoutMs = limits.pingTimeoutMs } = options;
  const connection = connectionTo(options.endpoint);
  const agent = connection.createAgent({ keepAlive: true, maxSockets, maxFreeSockets });
  let version: string | null = null;

  const send = async (method: Method, path: string, given: Sent): Promise<IncomingMessage> => {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const body = given.body === undefined ? undefined : JSON.stringify(given.body);
    const type = given.stream ? 'application/x-tar' : 'application/json';
    // A stream has a socket to itself, so that its end ends the request.
    const pool = given.lasting ? connection.createAgent({}) : agent;
    const { signal } = given;
    const headers = {
      ...connection.headers,
      ...(body || given.stream ? { 'content-type': type } : {}),
    };
    const asked = connection.request(
      { ...connection.target, method, path, headers, agent: pool, signal },
      resolve,
    );
    asked.on('error', (error) => reject(Object.assign(error, { reused: asked.reusedSocket })));
    if (given.stream) given.stream.on('error', (error) => asked.destroy(error)).pipe(asked);
    else asked.end(body);
    return promise;
  };
  /** A pooled connection may have ended since it was used; whatever is asked here may be asked twice. */
  const ask = async (method: Method, path: string, given: Sent): Promise<IncomingMessage> => {
    try {
      return await send(method, path, given);
    } catch (error) {
      if (!(error as { reused?: boolean }).reused || given.signal.aborted) throw error;
      return send(method, path, given);
    }
  };
  const negotiate = async (signal: AbortSignal): Promise<string> => {
    if (version) return version;
    const answer = await withDeadline(clock, pingTimeoutMs, signal, (inner) =>
      ask('GET', '/_ping', { signal: inner }),
    );
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
      // Another daemon may come up in its place; until it answers a ping, nothing waits longer than one.
      version = null;
      throw connectionFault(error, options);
    }
  };
  return {
    call: (method, path, given) =>
      bounded(given, async (signal) => {
        const prefix = path === '/_ping' ? '' : await negotiate(signal);
        const answer = await ask(method, prefix + path, { ...given, signal });
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

interface Connection {
  request: typeof request;
  createAgent(options: AgentOptions): Agent;
  target: RequestOptions;
  headers: Record<string, string>;
}

/** The authority alone is trusted, the certificate must name `host`, and ours is shown. */
function connectionTo(endpoint: DockerEndpoint): Connection {
  if ('socketPath' in endpoint) {
    const headers = { host: 'docker' };
    return { request, createAgent: (given) => new Agent(given), target: endpoint, headers };
  }
  const { host, port, tls } = endpoint;
  const identity = { ca: tls.authority, cert: tls.certificate, key: tls.key };
  return {
    request: tlsRequest as typeof request,
    createAgent: (given) => new TlsAgent({ ...given, ...identity, minVersion: 'TLSv1.2' }),
    target: { host, port },
    headers: {},
  };
}

/** An answer's lines as they come. Unlike `node:readline`, throws when the answer breaks off. */
export async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  let held = '';
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (held + chunk).split('\n');
    held = lines.pop() ?? '';
    yield* lines;
  }
  if (held) yield held;
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
