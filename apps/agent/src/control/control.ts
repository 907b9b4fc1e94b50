/** The control socket: dialled out to FrontendMaster, kept up, and dialled again. */
import type { Clock, Random } from '@joh/clock';
import { createRpc, type HandlersOf, type Rpc, wsTextPipe } from '@joh/link';
import {
  agentControl,
  agentPaths,
  type ContainerId,
  closes,
  controlSubprotocol,
  fault,
  frontendControl,
  type StreamId,
} from '@joh/protocol';
import { WebSocket } from 'ws';
import { limits } from '#limits';
import type { CredentialStore } from './credential.ts';
import { redialDelayMs } from './redial.ts';

type ControlRpc = Rpc<
  { methods: typeof agentControl.methods; notices: typeof frontendControl.notices },
  { methods: typeof frontendControl.methods; notices: typeof agentControl.notices }
>;

export interface ControlOptions {
  frontendUrl: string;
  container: ContainerId;
  version: string;
  credentials: CredentialStore;
  clock: Clock;
  random: Random;
  handlers: HandlersOf<typeof agentControl.methods>;
  /** FrontendMaster asks for a data socket. */
  onDial(stream: StreamId, credential: string): void;
  onRegistered(): void;
  log(text: string): void;
}

export interface Control {
  /**
   * Keeps the socket up until the signal aborts (`stopped`) or FrontendMaster says that it does not
   * know this container any more (`refused`). Never rejects.
   */
  run(signal: AbortSignal): Promise<'stopped' | 'refused'>;
  /** Dropped while there is no socket: whoever cares says it again in `onRegistered`. */
  notify: ControlRpc['notify'];
  /** How often FrontendMaster wants a sign of life; null while there is no socket. */
  heartbeatMs(): number | null;
}

export function createControl(options: ControlOptions): Control {
  const { clock, random } = options;
  let current: { rpc: ControlRpc; heartbeatMs: number } | null = null;
  const once = async (signal: AbortSignal): Promise<Ending> => {
    const token = await options.credentials.token();
    if (token === null) return { kind: 'refused', reason: 'there is no token' };
    const opened = await openSocket(options, token, signal);
    if (opened.kind !== 'open') return opened;
    const { socket } = opened;
    try {
      current = await register(options, socket, token);
      options.onRegistered();
      return await socketEnd(socket, clock, signal);
    } catch (error) {
      return { kind: 'cut', reason: String(error) };
    } finally {
      current = null;
      socket.terminate();
    }
  };
  return {
    run: async (signal) => {
      for (let failures = 0; !signal.aborted; failures += 1) {
        const startedMs = clock.monotonic();
        const ending = await once(signal);
        if (signal.aborted) break;
        options.log(`control: ${ending.reason}`);
        if (ending.kind === 'refused') return 'refused';
        // A socket that held for a while starts the waits anew.
        if (clock.monotonic() - startedMs > limits.redialMaxMs) failures = 0;
        const delayMs = redialDelayMs(failures, random.bytes(1)[0] ?? 0);
        await clock.sleep(delayMs, signal).catch(() => undefined);
      }
      return 'stopped';
    },
    notify: async (notice, params) => {
      await current?.rpc.notify(notice, params).catch(() => undefined);
    },
    heartbeatMs: () => current?.heartbeatMs ?? null,
  };
}

type Ending = { kind: 'cut' | 'refused'; reason: string };
type Opened = { kind: 'open'; socket: WebSocket } | Ending;

/** HTTP answers that say this container is not to come back. */
const refusals = new Set([401, 403, 404, 409, 410]);

function openSocket(options: ControlOptions, token: string, signal: AbortSignal): Promise<Opened> {
  const url = new URL(agentPaths.control, options.frontendUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const { promise, resolve } = Promise.withResolvers<Opened>();
  const socket = new WebSocket(url, [controlSubprotocol], {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: limits.registerMs,
    perMessageDeflate: false,
  });
  const abort = () => socket.terminate();
  signal.addEventListener('abort', abort, { once: true });
  socket.on('close', () => signal.removeEventListener('abort', abort));
  socket.on('open', () => resolve({ kind: 'open', socket }));
  socket.on('error', (error) => resolve({ kind: 'cut', reason: error.message }));
  socket.on('unexpected-response', (request, { statusCode = 0 }) => {
    request.destroy();
    const kind = refusals.has(statusCode) ? 'refused' : 'cut';
    resolve({ kind, reason: `FrontendMaster answered ${statusCode}` });
  });
  return promise;
}

async function register(options: ControlOptions, socket: WebSocket, token: string) {
  let credential = token;
  const rpc: ControlRpc = createRpc({
    channel: wsTextPipe(socket),
    local: { methods: agentControl.methods, notices: frontendControl.notices },
    handlers: options.handlers,
    remote: { methods: frontendControl.methods, notices: agentControl.notices },
    random: options.random,
    onUnexpected: (error, reference, method) =>
      options.log(`control: ${method} failed (${reference}): ${describe(error)}`),
  });
  rpc.onNotice('dial', ({ stream }) => options.onDial(stream, credential));
  const late = options.clock.after(limits.registerMs, () => socket.terminate());
  try {
    const { container, version } = options;
    const answer = await rpc.call('register', { container, version });
    credential = answer.credential;
    await options.credentials.keep(credential);
    return { rpc, heartbeatMs: answer.heartbeatMs };
  } finally {
    late();
  }
}

/** Waits for the end of a registered socket; a silent one is ended. */
async function socketEnd(socket: WebSocket, clock: Clock, signal: AbortSignal): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  if (socket.readyState !== WebSocket.OPEN) throw fault('E_CHANNEL_CLOSED');
  const stop = new AbortController();
  let heardMs = clock.monotonic();
  const heard = () => {
    heardMs = clock.monotonic();
  };
  socket.on('pong', heard).on('ping', heard).on('message', heard);
  socket.on('close', (code) => {
    const kind = code === closes.ended ? 'refused' : 'cut';
    resolve({ kind, reason: `the socket ended with ${code}` });
  });
  clock.every(
    limits.controlSilenceMs / 3,
    () => {
      if (clock.monotonic() - heardMs > limits.controlSilenceMs) socket.terminate();
      else socket.ping();
    },
    AbortSignal.any([signal, stop.signal]),
    () => undefined,
  );
  const ending = await promise;
  stop.abort();
  return ending;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
