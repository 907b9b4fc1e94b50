/** One REST call to FrontendMaster: what goes out, what may come back. */
import { type Clock, DeadlinePassed, withDeadline } from '@joh/clock';
import { fault, faultBody, faultOf, isFault } from '@joh/protocol';
import type { z } from 'zod';

/** `fetch` as far as it is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface RequesterOptions {
  /** Origin of FrontendMaster, e.g. `http://127.0.0.1:8787`. */
  url: string;
  fetch: Fetch;
  clock: Clock;
  /** Asked for every request; null where cookies do it. */
  token(): string | null;
}

interface Call<R extends z.ZodType | null> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  path: string;
  body?: unknown;
  /** Null when the answer has no body that matters. */
  response: R;
  signal?: AbortSignal | undefined;
}

export interface Requester {
  /**
   * @throws Fault what FM answered; `E_FRONTEND_UNREACHABLE` when it did not; `E_INTERNAL` when the
   * answer is not what the contract says.
   */
  call<R extends z.ZodType>(call: Call<R>): Promise<z.infer<R>>;
  command(call: Call<null>): Promise<void>;
  /** The open answer of a GET that streams; throws as `call` does. Its deadline ends with the head. */
  stream(path: string, accept: string, signal: AbortSignal): Promise<Response>;
  /** Headers that say who asks. */
  headers(): Record<string, string>;
}

/** Longer than any request of the contracts takes, cloning a template included. */
const requestMs = 60_000;

export function createRequester(options: RequesterOptions): Requester {
  // Called on its own: a browser's fetch wants no other object.
  const { clock, fetch } = options;
  const base = options.url.replace(/\/+$/, '');
  const headers = (): Record<string, string> => {
    const token = options.token();
    return token ? { authorization: `Bearer ${token}` } : {};
  };
  const unreachable = (error: unknown) => {
    const reason = error instanceof DeadlinePassed ? 'no answer in time' : reasonOf(error);
    return fault('E_FRONTEND_UNREACHABLE', { url: base, reason }, { cause: error });
  };
  const answer = async (
    path: string,
    init: RequestInit,
    signal: AbortSignal | undefined,
    read: (response: Response) => Promise<unknown>,
  ): Promise<unknown> => {
    try {
      return await withDeadline(clock, requestMs, signal, async (inner) => {
        const response = await fetch(base + path, {
          ...init,
          credentials: 'same-origin',
          redirect: 'error',
          signal: inner,
        });
        if (!response.ok) throw await faultOfResponse(response);
        return read(response);
      });
    } catch (error) {
      if (isFault(error) || signal?.aborted) throw error;
      throw unreachable(error);
    }
  };
  const send = (call: Call<z.ZodType | null>, read: (response: Response) => Promise<unknown>) => {
    const hasBody = call.body !== undefined;
    const init: RequestInit = {
      method: call.method,
      headers: {
        accept: 'application/json',
        ...headers(),
        ...(hasBody ? { 'content-type': 'application/json' } : {}),
      },
      ...(hasBody ? { body: JSON.stringify(call.body) } : {}),
    };
    return answer(call.path, init, call.signal, read);
  };
  return {
    call: async (call) => {
      const body = await send(call, (response) => response.json());
      const parsed = call.response.safeParse(body);
      if (parsed.success) return parsed.data as never;
      throw fault('E_INTERNAL', { reference: `answer of ${call.path}` }, { cause: parsed.error });
    },
    command: async (call) => {
      await send(call, (response) => response.arrayBuffer());
    },
    stream: async (path, accept, signal) => {
      // The deadline's own signal must not end the body later: the caller's goes to fetch.
      try {
        return await withDeadline(clock, requestMs, signal, async () => {
          const response = await fetch(base + path, {
            headers: { accept, ...headers() },
            credentials: 'same-origin',
            redirect: 'error',
            signal,
          });
          if (!response.ok) throw await faultOfResponse(response);
          return response;
        });
      } catch (error) {
        if (isFault(error) || signal.aborted) throw error;
        throw unreachable(error);
      }
    },
    headers,
  };
}

async function faultOfResponse(response: Response) {
  const body: unknown = await response.json().catch(() => null);
  const error = (body as { error?: unknown } | null)?.error;
  if (faultBody.safeParse(error).success) return faultOf(error);
  return fault('E_FRONTEND_UNREACHABLE', {
    url: new URL(response.url || 'http://unknown').origin,
    reason: `HTTP status ${response.status}`,
  });
}

/** `fetch` hides the reason (ECONNREFUSED, …) in the cause. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown; message?: unknown } } | null)?.cause;
  const reason = cause?.code ?? cause?.message ?? (error as Error | null)?.message;
  return typeof reason === 'string' ? reason : 'unknown';
}
