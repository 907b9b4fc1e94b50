/** FrontendMaster as the desktop's agent sees it: one account, one session, and `/connect/…`. It can sin. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { systemClock, systemRandom } from '@joh/clock';
import { createRpc, createServerLinks, type Link, type ServerLinks, wsTransport } from '@joh/link';
import { agentNotices, agentRpc, type ErrorCode, fault, type Session } from '@joh/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

/** How `/connect/…` is answered. `raw`: the test plays the agent itself. */
type Sin = 'none' | 'never' | 'garbage' | 'redirect' | 'raw' | 'nonsense';

export interface FakeCloud {
  url: string;
  /** The one that is signed in; another is not. */
  token: string;
  session: Session;
  sin: Sin;
  /** REST answers that are none of the contract. */
  isOther: boolean;
  /** Everything that was asked for, with its method. */
  asked: string[];
  /** Of each websocket: headers and open sockets. */
  upgrades: IncomingMessage[];
  sockets: Set<WebSocket>;
  /** Of `raw`: the newest one. */
  raw(): Promise<WebSocket>;
  /** The agent's end of the links; `shut` ends them for good, as when a session ends. */
  links: ServerLinks;
  opened: Link[];
  /** Tells who follows the session. */
  set(some: Partial<Session>): void;
  close(): Promise<void>;
}

export const fakeSession: Session = {
  id: 'session_0123456789abcdef0123456789' as Session['id'],
  project: {
    id: 'project_0123456789abcdef0123456789' as Session['project']['id'],
    owner: 'ada',
    name: 'lamp',
    board: null,
  },
  class: 'standard',
  state: 'queued',
  progress: null,
  position: 2,
  epoch: 0,
  root: null,
  url: 'http://127.0.0.1/ide/x',
  createdAt: '2030-01-01T00:00:00Z',
  failure: null,
};

export async function startFakeCloud(): Promise<FakeCloud> {
  const tickets = new Set<string>();
  const followers = new Set<ServerResponse>();
  const waiting: ((socket: WebSocket) => void)[] = [];
  const opened: Link[] = [];
  const server = createServer((request, response) =>
    answer(cloud, { tickets, followers }, request, response),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const cloud: FakeCloud = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token: 'a-token-of-ada',
    session: fakeSession,
    sin: 'none',
    isOther: false,
    asked: [],
    upgrades: [],
    sockets: new Set(),
    raw: () => new Promise((resolve) => waiting.push(resolve)),
    links: createServerLinks({
      clock: systemClock(),
      random: systemRandom(),
      checkTicket: async (ticket) =>
        tickets.delete(ticket)
          ? { user: 'ada', session: cloud.session.id }
          : fault('E_TICKET_REFUSED'),
      onLink: (link) => {
        opened.push(link);
        serveAgent(link);
      },
    }),
    opened,
    set: (some) => {
      cloud.session = { ...cloud.session, ...some };
      for (const response of followers) tell(cloud, response);
    },
    close: async () => {
      for (const socket of cloud.sockets) socket.terminate();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      for (const socket of raws) socket.destroy();
      await closed;
    },
  };
  const raws = new Set<Duplex>();
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    raws.add(socket);
    socket.on('error', () => undefined);
    cloud.upgrades.push(request);
    if (cloud.sin === 'never') return;
    if (cloud.sin === 'garbage') return void socket.end('what is it?\r\n\r\n');
    if (cloud.sin === 'redirect')
      return void socket.end(
        `HTTP/1.1 302 Found\r\nlocation: ${cloud.url}/elsewhere\r\ncontent-length: 0\r\n\r\n`,
      );
    const isOurs = request.url === `/connect/${cloud.session.id}` && isSignedIn(cloud, request);
    if (!isOurs) return void socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
    websockets.handleUpgrade(request, socket, head, (websocket) => {
      cloud.sockets.add(websocket);
      websocket.on('close', () => cloud.sockets.delete(websocket));
      if (cloud.sin === 'nonsense') websocket.send('hello?');
      else if (cloud.sin === 'raw') waiting.shift()?.(websocket);
      else cloud.links.accept(wsTransport(websocket));
    });
  });
  return cloud;
}

const { methods } = agentRpc;

/** As much of an agent as shows that it is reached. */
function serveAgent(link: Link): void {
  link.onChannel((channel) => {
    createRpc({
      channel,
      local: { methods: { 'workspace.describe': methods['workspace.describe'] }, notices: {} },
      remote: { methods: agentNotices.methods, notices: {} },
      handlers: {
        'workspace.describe': () => ({
          root: '/work/lamp',
          home: '/home/user',
          shell: '/bin/bash',
          owner: 'ada',
          project: 'lamp',
          board: null,
          version: '0.0.0',
        }),
      },
    });
  });
}

interface Held {
  tickets: Set<string>;
  followers: Set<ServerResponse>;
}

const isSignedIn = ({ token }: FakeCloud, { headers }: IncomingMessage) =>
  headers.authorization === `Bearer ${token}`;

function answer(
  cloud: FakeCloud,
  { tickets, followers }: Held,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { method, url = '' } = request;
  cloud.asked.push(`${method} ${url}`);
  const json = (body: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(cloud.isOther ? { else: true } : body));
  };
  const refuse = (code: ErrorCode) => {
    const refused = fault(code);
    json({ error: refused.body() }, refused.status);
  };
  const one = `/api/sessions/${cloud.session.id}`;
  const verbs: Record<string, () => void> = {
    'GET /api/projects': () => json({ projects: [] }),
    'GET /api/sessions': () => json({ sessions: [cloud.session] }),
    'POST /api/sessions': () => json(cloud.session),
    [`GET ${one}`]: () => json(cloud.session),
    [`DELETE ${one}`]: () => {
      cloud.set({ state: 'closing' });
      json({});
    },
    [`POST ${one}/tickets`]: () => {
      const ticket = `ticket-${cloud.asked.length}`;
      tickets.add(ticket);
      json({ ticket, expiresAt: '2030-01-01T00:00:00Z' });
    },
    [`GET ${one}/events`]: () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.on('close', () => followers.delete(response));
      followers.add(response);
      tell(cloud, response);
    },
  };
  if (!isSignedIn(cloud, request)) refuse('E_ACCOUNT_SIGNED_OUT');
  else (verbs[`${method} ${url}`] ?? (() => refuse('E_SESSION_UNKNOWN')))();
}

function tell({ session }: FakeCloud, response: ServerResponse): void {
  response.write(`event: session\ndata: ${JSON.stringify(session)}\n\n`);
}
