/** Typed JSON-RPC over a channel or a websocket, both sides checked against their contracts. */

import { newId, type Random } from '@joh/clock';
import {
  type Contract,
  type Fault,
  type FaultBody,
  fault,
  faultOf,
  isFault,
  type Method,
  type MethodTable,
  type Notice,
  type NoticeTable,
  type ParamsOf,
  type ResultOf,
} from '@joh/protocol';
import {
  CancellationTokenSource,
  createMessageConnection,
  ErrorCodes,
  type MessageConnection,
  NullLogger,
  ResponseError,
} from '#jsonrpc';
import { pipeMessages } from './jsonrpc.ts';
import type { MessagePipe } from './link.ts';

/** What serves a table of methods: one function each. A thrown fault crosses as it is. */
export type HandlersOf<M extends MethodTable> = {
  [K in keyof M]: (
    params: ParamsOf<M[K]>,
    signal: AbortSignal,
  ) => Promise<ResultOf<M[K]>> | ResultOf<M[K]>;
};

export interface RpcOptions<L extends Contract, R extends Contract> {
  channel: MessagePipe;
  /** What this side answers and says unasked. */
  local: L;
  handlers: HandlersOf<L['methods']>;
  /** What the other side answers and says unasked. */
  remote: R;
  /** For the references of unexpected errors. */
  random?: Random;
  /** An error that is not a fault, with the reference that the caller got. For the log. */
  onUnexpected?(error: unknown, reference: string, method: string): void;
}

export interface Rpc<L extends Contract, R extends Contract> {
  /**
   * Calls the other side. Rejects with the fault it answered, `E_CHANNEL_CLOSED` when the pipe ends
   * first, the signal's reason when that aborts (the other side is told), or `E_INTERNAL` when the
   * result is not what the contract says.
   */
  call<K extends keyof R['methods'] & string>(
    method: K,
    params: ParamsOf<R['methods'][K]>,
    signal?: AbortSignal,
  ): Promise<ResultOf<R['methods'][K]>>;
  /** Says something; resolves when it is accepted by the pipe, rejects when that has ended. */
  notify<K extends keyof L['notices'] & string>(
    notice: K,
    params: ParamsOf<L['notices'][K]>,
  ): Promise<void>;
  /** Hears what the other side says; the returned function stops it. Ill-formed ones are dropped. */
  onNotice<K extends keyof R['notices'] & string>(
    notice: K,
    listener: (params: ParamsOf<R['notices'][K]>) => void,
  ): () => void;
  onClose(listener: (error: FaultBody | null) => void): void;
  /** Ends it and the pipe under it; pending calls reject. */
  close(error?: FaultBody): void;
}

type NoticeListener = (params: never) => void;

/** Starts to serve and to listen at once. */
export function createRpc<const L extends Contract, const R extends Contract>(
  options: RpcOptions<L, R>,
): Rpc<L, R> {
  const { channel, local, remote } = options;
  const broken = (reason: string) => close(fault('E_LINK_PROTOCOL', { reason }).body());
  const { reader, writer } = pipeMessages(channel, broken);
  const connection = createMessageConnection(reader, writer, NullLogger);
  const listeners = new Map<string, Set<NoticeListener>>();
  const closeListeners: ((error: FaultBody | null) => void)[] = [];
  let closed: { error: FaultBody | null } | null = null;
  /** Rejects the calls that are under way: vscode-jsonrpc leaves them pending when a pipe ends. */
  const pending = new Set<(error: Fault) => void>();

  const ended = (error: FaultBody | null) => {
    if (closed) return;
    closed = { error };
    for (const reject of [...pending]) reject(closedFault(error));
    connection.dispose();
    for (const listener of closeListeners) listener(error);
  };
  const close = (error?: FaultBody) => {
    if (closed) return;
    channel.close(error);
    ended(error ?? null);
  };
  const serve = (method: string, { params, result }: Method) => {
    connection.onRequest(method, async (raw: unknown, token) => {
      const stop = new AbortController();
      token.onCancellationRequested(() => stop.abort(fault('E_CHANNEL_CLOSED')));
      try {
        const parsed = params.safeParse(raw ?? {});
        if (!parsed.success) throw invalid(parsed.error.issues);
        const handler = options.handlers[method];
        if (!handler) throw fault('E_ROUTE_UNKNOWN', { path: method });
        return result.parse(await handler(parsed.data as never, stop.signal));
      } catch (error) {
        if (stop.signal.aborted) {
          return new ResponseError(lspRequestCancelled, 'cancelled');
        }
        return responseError(error, method);
      }
    });
  };
  const responseError = (error: unknown, method: string) => {
    if (isFault(error)) return new ResponseError(errorCode, error.message, error.body());
    const reference = options.random ? newId('error', options.random) : 'none';
    options.onUnexpected?.(error, reference, method);
    const internal = fault('E_INTERNAL', { reference });
    return new ResponseError(errorCode, internal.message, internal.body());
  };
  for (const [method, schemas] of Object.entries<Method>(local.methods)) serve(method, schemas);
  for (const [name, { params }] of Object.entries<Notice>(remote.notices)) {
    connection.onNotification(name, (raw: unknown) => {
      const parsed = params.safeParse(raw ?? {});
      if (!parsed.success) return;
      for (const listener of listeners.get(name) ?? []) listener(parsed.data as never);
    });
  }
  channel.onClose(ended);
  connection.listen();

  return {
    call: (method, params, signal) => {
      if (closed) return Promise.reject(closedFault(closed.error));
      const schemas = (remote.methods as MethodTable)[method];
      if (!schemas) return Promise.reject(fault('E_ROUTE_UNKNOWN', { path: method }));
      return callOnce({ connection, pending, method, params, signal, schemas });
    },
    notify: async (notice, params) => {
      if (closed) throw closedFault(closed.error);
      if (!(notice in (local.notices as NoticeTable))) {
        throw fault('E_ROUTE_UNKNOWN', { path: notice });
      }
      await connection.sendNotification(notice, params);
    },
    onNotice: (notice, listener) => {
      const set = listeners.get(notice) ?? new Set<NoticeListener>();
      listeners.set(notice, set);
      set.add(listener as NoticeListener);
      return () => void set.delete(listener as NoticeListener);
    },
    onClose: (listener) => {
      if (closed) listener(closed.error);
      else closeListeners.push(listener);
    },
    close,
  };
}

/** JSON-RPC 2.0 §5.1 leaves -32000 to -32099 to the server; the fault itself is in `data`. */
const errorCode = -32_000;
/** Language Server Protocol, `ErrorCodes.RequestCancelled`. */
const lspRequestCancelled = -32_800;

interface Call {
  connection: MessageConnection;
  pending: Set<(error: Fault) => void>;
  method: string;
  params: unknown;
  signal: AbortSignal | undefined;
  schemas: Method;
}

function callOnce<T>({ connection, pending, method, params, signal, schemas }: Call): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const cancellation = new CancellationTokenSource();
    const settle = () => {
      pending.delete(fail);
      signal?.removeEventListener('abort', abort);
      cancellation.dispose();
    };
    const fail = (error: Fault) => {
      settle();
      reject(error);
    };
    const abort = () => {
      cancellation.cancel();
      settle();
      reject(signal?.reason);
    };
    pending.add(fail);
    signal?.addEventListener('abort', abort, { once: true });
    connection.sendRequest<unknown>(method, params, cancellation.token).then(
      (answer) => {
        settle();
        const parsed = schemas.result.safeParse(answer);
        if (parsed.success) resolve(parsed.data as T);
        else reject(fault('E_INTERNAL', { reference: `result of ${method}` }));
      },
      (error: unknown) => fail(faultOfError(error, method)),
    );
  });
}

function faultOfError(error: unknown, method: string): Fault {
  if (isFault(error)) return error;
  if (error instanceof ResponseError) {
    if (error.code === ErrorCodes.MethodNotFound) return fault('E_ROUTE_UNKNOWN', { path: method });
    if (error.data !== undefined) return faultOf(error.data);
  }
  return fault('E_CHANNEL_CLOSED', {}, { cause: error });
}

function closedFault(error: FaultBody | null): Fault {
  return error ? faultOf(error) : fault('E_CHANNEL_CLOSED');
}

function invalid(issues: readonly { path: PropertyKey[]; message: string }[]): Fault {
  const [first] = issues;
  const where = first?.path.map(String).join('.') || 'the parameters';
  return fault('E_REQUEST_INVALID', { reason: `${where}: ${first?.message ?? 'not valid'}` });
}
