/** Every REST contract of FrontendMaster as a function. */
import type { Clock } from '@joh/clock';
import { type BrowserSocket, browserTransport, type Transport } from '@joh/link';
import {
  type Account,
  type AuthorizationCode,
  account,
  fault,
  nodeList,
  type Pool,
  type Project,
  type ProjectCreate,
  pool,
  project,
  projectList,
  type Session,
  type SessionCreate,
  type SessionTicket,
  type SignedIn,
  type SignIn,
  type SignUp,
  session,
  sessionList,
  sessionTicket,
  signedIn,
  templateList,
} from '@joh/protocol';
import type { z } from 'zod';
import { type OperatorCalls, operatorCalls } from './operator-calls.ts';
import { createRequester, type Fetch, type Requester } from './request.ts';
import { type WaitOptions, waitUntilReady } from './wait-until-ready.ts';

export interface FrontendClientOptions {
  /** Origin of FrontendMaster, e.g. `http://127.0.0.1:8787`; on a page its own origin. */
  url: string;
  fetch: Fetch;
  clock: Clock;
  /**
   * Null when there is none yet; signing in replaces it. Left out on a page: there the browser's
   * cookies say who asks.
   */
  token?: string | null;
  /** Default: the global one. Only Node's takes headers, which a token needs. */
  WebSocket?: SocketConstructor | undefined;
}

export type SocketConstructor = new (
  url: string,
  options?: { headers: Record<string, string> },
) => BrowserSocket;

/** Every function rejects with a `Fault`: FM's own, or `E_FRONTEND_UNREACHABLE`. */
export interface FrontendClient {
  signUp(body: SignUp): Promise<SignedIn>;
  signIn(body: SignIn): Promise<SignedIn>;
  /** The program that the user allowed in the browser. @throws Fault `E_ACCOUNT_CODE_WRONG` */
  redeem(body: AuthorizationCode): Promise<SignedIn>;
  signOut(): Promise<void>;
  account(): Promise<Account>;
  templates(): Promise<z.infer<typeof templateList>>;
  projects: {
    list(): Promise<z.infer<typeof projectList>>;
    create(body: ProjectCreate): Promise<Project>;
    get(owner: string, name: string): Promise<Project>;
    remove(owner: string, name: string): Promise<void>;
  };
  sessions: {
    list(): Promise<z.infer<typeof sessionList>>;
    /** The live session of the project when there is one. */
    create(body: SessionCreate): Promise<Session>;
    get(id: string, signal?: AbortSignal): Promise<Session>;
    remove(id: string): Promise<void>;
    /** A one-time ticket for one websocket. */
    ticket(id: string, signal?: AbortSignal): Promise<SessionTicket>;
    /** Follows the session's events until it is `ready` or `detached`. */
    waitUntilReady(id: string, options?: WaitOptions): Promise<Session>;
  };
  nodes(): Promise<z.infer<typeof nodeList>>;
  pool(): Promise<Pool>;
  operator: OperatorCalls;
  /** An open websocket of `/connect/<session>`; nothing has been said on it. */
  openSocket(sessionId: string, signal: AbortSignal): Promise<Transport>;
}

export function createFrontendClient(options: FrontendClientOptions): FrontendClient {
  const { clock } = options;
  let token = options.token ?? null;
  const isWithToken = options.token !== undefined;
  const requester = createRequester({ ...options, token: () => token });
  const { call, command } = requester;
  const enter = async (
    path: string,
    body: SignUp | SignIn | AuthorizationCode,
  ): Promise<SignedIn> => {
    const done = await call({ method: 'POST', path, body, response: signedIn });
    if (isWithToken) token = done.token;
    return done;
  };
  return {
    signUp: (body) => enter('/api/auth/sign-up', body),
    signIn: (body) => enter('/api/auth/sign-in', body),
    redeem: (body) => enter('/api/auth/token', body),
    signOut: async () => {
      await command({ method: 'POST', path: '/api/auth/sign-out', response: null });
      token = null;
    },
    account: () => call({ method: 'GET', path: '/api/auth/account', response: account }),
    templates: () => call({ method: 'GET', path: '/api/templates', response: templateList }),
    projects: projectCalls(requester),
    sessions: sessionCalls(requester, clock),
    nodes: () => call({ method: 'GET', path: '/api/nodes', response: nodeList }),
    pool: () => call({ method: 'GET', path: '/api/pool', response: pool }),
    operator: operatorCalls(requester),
    openSocket: (sessionId, signal) => {
      const Socket =
        options.WebSocket ?? (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
      if (!Socket) throw fault('E_INTERNAL', { reference: 'this runtime has no WebSocket' });
      const url = new URL(`/connect/${encodeURIComponent(sessionId)}`, options.url);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      const headers = requester.headers();
      const socket = token ? new Socket(url.href, { headers }) : new Socket(url.href);
      return browserTransport(socket, signal);
    },
  };
}

function projectCalls({ call, command }: Requester): FrontendClient['projects'] {
  const pathOf = (owner: string, name: string) =>
    `/api/projects/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`;
  return {
    list: () => call({ method: 'GET', path: '/api/projects', response: projectList }),
    create: (body) => call({ method: 'POST', path: '/api/projects', body, response: project }),
    get: (owner, name) => call({ method: 'GET', path: pathOf(owner, name), response: project }),
    remove: (owner, name) =>
      command({ method: 'DELETE', path: pathOf(owner, name), response: null }),
  };
}

function sessionCalls(requester: Requester, clock: Clock): FrontendClient['sessions'] {
  const { call, command } = requester;
  const pathOf = (id: string) => `/api/sessions/${encodeURIComponent(id)}`;
  return {
    list: () => call({ method: 'GET', path: '/api/sessions', response: sessionList }),
    create: (body) => call({ method: 'POST', path: '/api/sessions', body, response: session }),
    get: (id, signal) => call({ method: 'GET', path: pathOf(id), response: session, signal }),
    remove: (id) => command({ method: 'DELETE', path: pathOf(id), response: null }),
    ticket: (id, signal) =>
      call({ method: 'POST', path: `${pathOf(id)}/tickets`, response: sessionTicket, signal }),
    waitUntilReady: (id, options = {}) => waitUntilReady({ ...options, id, clock, requester }),
  };
}
