import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type Socket, connect as tcpConnect } from 'node:net';
import { systemClock, systemRandom } from '@joh/clock';
import { createFakeEngine } from '@joh/engine';
import {
  agentPaths,
  type ContainerId,
  controlSubprotocol,
  fault,
  type SessionId,
  tunnelUpgrade,
  type UserId,
} from '@joh/protocol';
import { leakCheck, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { limits, poolLimits, tunnelLimits } from '#limits';
import { createContainerStore, createNodes, type Nodes, nodesMigrations } from '#nodes';
import { createHttp, createLogger, type Http, openStore, type Store } from '#platform';
import { type SimulatedAgent, startSimulatedAgent } from './simulated-agent.ts';
import { createTunnel, type Tunnel } from './tunnel.ts';

const clock = systemClock();
const random = systemRandom();
const logger = createLogger({ level: 'silent' });
const id = 'session_0000000000000001' as SessionId;
const leaks = leakCheck();

let store: Store;
let engine: ReturnType<typeof createFakeEngine>;
let agents: SimulatedAgent[];
let fm: { http: Http; nodes: Nodes; tunnel: Tunnel };
let port = 0;
let session: { id: SessionId; state: string; container: ContainerId | null };
let heard: string[];
let tunnels: number[];
let bytes: number;
let dialled: (stream: string, dial: () => void) => void;
let serve: ((socket: WebSocket, request: IncomingMessage) => void) | undefined;

async function start(): Promise<void> {
  const http = createHttp({ clock, random, logger, publicUrl: undefined, limits });
  const nodes = createNodes({
    engine,
    store: createContainerStore(store),
    clock,
    random,
    logger,
    limits: { ...poolLimits, lookIntervalMs: 20, lookPauseMs: 1 },
    frontendUrl: () => `http://127.0.0.1:${port}`,
    profileOf: () => ({
      standard: {
        resources: { cores: 1, memoryBytes: 1 },
        scaledFrom: null,
        wantedWarm: 2,
        max: 2,
      },
      burst: { resources: { cores: 1, memoryBytes: 1 }, scaledFrom: null, wantedWarm: 0, max: 0 },
    }),
  });
  const tunnel = createTunnel({
    nodes,
    clock,
    random,
    logger,
    limits: {
      ...tunnelLimits,
      agentReturnMs: 1_000,
      dialDeadlineMs: 300,
      registerDeadlineMs: 200,
      socketsPerSessionMax: 3,
    },
    onBytes: (count) => {
      bytes += count;
    },
  });
  nodes.onChange((change) => {
    if (change.kind !== 'warm') tunnel.agents.cut(change.container);
  });
  tunnel.attach(http, {
    authenticate: async ({ headers }) => {
      const name = /sid=(\w+)/.exec(headers.cookie ?? '')?.[1];
      const bearer = headers.authorization?.replace('Bearer ', '');
      return name || bearer ? { id: (name ?? bearer) as UserId } : null;
    },
    async session(user, wanted) {
      if (user !== 'ada' || wanted !== id) throw fault('E_SESSION_UNKNOWN');
      return session;
    },
    onTunnels: (_, count) => tunnels.push(count),
    hear: {
      progress: async (container, which) => void heard.push(`progress ${container} ${which}`),
      attached: async (container, _, count) => void heard.push(`attached ${container} ${count}`),
      telemetry: async (container) => void heard.push(`telemetry ${container}`),
    },
  });
  await http.listen({ host: '127.0.0.1', port });
  port = Number(new URL(http.publicUrl()).port);
  nodes.start();
  fm = { http, nodes, tunnel };
}

/** As a killed process: sockets end, nothing is said. */
async function kill(): Promise<void> {
  fm.tunnel.close();
  await fm.nodes.stop();
  await fm.http.close(AbortSignal.abort());
}

beforeEach(async () => {
  store = await openStore({
    location: { file: ':memory:' },
    migrations: nodesMigrations,
    now: () => 0,
  });
  agents = [];
  heard = [];
  tunnels = [];
  bytes = 0;
  port = 0;
  dialled = (_, dial) => dial();
  serve = undefined;
  session = { id, state: 'ready', container: null };
  engine = createFakeEngine({
    clock,
    onCreate: (spec, life) => {
      const agent = startSimulatedAgent({
        id: spec.id,
        bootToken: spec.environment.JOH_BOOT_TOKEN!,
        frontendUrl: () => `http://127.0.0.1:${port}`,
        dial: (stream, dial) => dialled(stream, dial),
        serve: (socket, request) =>
          serve
            ? serve(socket, request)
            : socket.on('message', (data, binary) => socket.send(data, { binary })),
        signal: life.signal,
      });
      agents.push(agent);
    },
  });
  await start();
  await waitFor(() => agents.length === 2 && agents.every((one) => one.isConnected()));
  session.container = (await fm.nodes.claim(id, ['standard'], 1))!.id;
});
afterEach(async () => {
  await kill();
  for (const agent of agents) agent.end();
  await engine.close();
  await store.close();
  await leaks();
});

const mine = () => agents.find((one) => one.id === session.container)!;
const origin = () => `http://127.0.0.1:${port}`;
const browser = (headers: Record<string, string> = {}, path = `/connect/${id}`) =>
  new WebSocket(`ws://127.0.0.1:${port}${path}`, 'joh.link.1', {
    headers: { cookie: 'sid=ada', origin: origin(), ...headers },
    perMessageDeflate: false,
  });
const opened = async (ws: WebSocket) => {
  await once(ws, 'open');
  return ws;
};
/** The HTTP status and the fault's code of a refused upgrade. */
const refusal = (path: string, headers: Record<string, string>): Promise<[number, string]> =>
  new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path, headers, agent: false });
    request.on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () =>
        resolve([response.statusCode ?? 0, String(JSON.parse(text).error.code)]),
      );
    });
    request.on('upgrade', (_, socket) => {
      socket.destroy();
      reject(new Error('it was let in'));
    });
    request.on('error', reject);
    request.end();
  });
const websocketHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe('a browser’s socket', () => {
  it('is joined to the agent’s, which sees who it is and no credential', async () => {
    const ws = await opened(browser({ 'x-joh-user': 'grace', 'X-Joh-Session': 'other' }));
    ws.send('hello');
    expect(String((await once(ws, 'message'))[0])).toBe('hello');
    const [{ headers, url }] = mine().requests as [IncomingMessage];
    expect(url).toBe(`/connect/${id}`);
    expect(headers).toMatchObject({ 'x-joh-user': 'ada', 'x-joh-session': id });
    expect([headers.cookie, headers.authorization]).toEqual([undefined, undefined]);
    expect(headers['sec-websocket-protocol']).toBe('joh.link.1');
    expect(tunnels.at(-1)).toBe(1);
    expect(bytes).toBeGreaterThan(20);
    ws.close(4321, 'bye');
    expect((await once(ws, 'close'))[0]).toBe(4321);
    await waitFor(() => tunnels.at(-1) === 0 && fm.tunnel.counts().tunnels === 0);
  });

  it('carries megabytes unchanged, fragments, pings and bytes sent before the answer', async () => {
    const ws = await opened(browser());
    const data = Buffer.from(systemRandom().bytes(65_536));
    const large = Buffer.concat(Array.from({ length: 64 }, () => data));
    ws.send(large);
    const [back] = (await once(ws, 'message')) as [Buffer];
    expect(back.equals(large)).toBe(true);
    ws.send('a', { fin: false });
    ws.send('b', { fin: true });
    expect(String((await once(ws, 'message'))[0])).toBe('ab');
    ws.ping();
    await once(ws, 'pong');
    ws.terminate();
    const raw = tcpConnect({ port, host: '127.0.0.1' });
    const head = Object.entries({
      host: `127.0.0.1:${port}`,
      cookie: 'sid=ada',
      origin: origin(),
      ...websocketHeaders,
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    // A masked text frame "hi" with a zero mask (RFC 6455 §5.2), in the same packet as the head.
    const frame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]);
    raw.write(
      Buffer.concat([Buffer.from(`GET /connect/${id} HTTP/1.1\r\n${head.join('')}\r\n`), frame]),
    );
    let text = '';
    raw.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    await waitFor(() => text.endsWith('\x81\x02hi'));
    raw.destroy();
  });

  it('is refused from a foreign page, without an account, and for another’s session', async () => {
    const path = `/connect/${id}`;
    const foreign = [403, 'E_ORIGIN_FOREIGN'];
    const with_ = (headers: Record<string, string>) =>
      refusal(path, { ...websocketHeaders, ...headers });
    expect(await with_({ cookie: 'sid=ada', origin: 'https://evil.example' })).toEqual(foreign);
    expect(await with_({ cookie: 'sid=ada' })).toEqual(foreign);
    expect(await with_({ cookie: 'sid=ada', origin: 'null' })).toEqual(foreign);
    expect(await with_({ cookie: 'sid=ada', origin: `${origin()}.evil.example` })).toEqual(foreign);
    expect(await with_({ authorization: 'Bearer ada', origin: 'https://evil.example' })).toEqual(
      foreign,
    );
    expect(await with_({ origin: origin() })).toEqual([401, 'E_ACCOUNT_SIGNED_OUT']);
    const unknown = [404, 'E_SESSION_UNKNOWN'];
    expect(await with_({ cookie: 'sid=grace', origin: origin() })).toEqual(unknown);
    for (const other of ['/connect/', '/connect/../etc', '/connect/session_x', `${path}/more`]) {
      const headers = { ...websocketHeaders, cookie: 'sid=ada', origin: origin() };
      expect(await refusal(other, headers)).toEqual(unknown);
    }
    expect(mine().requests).toEqual([]);
  });

  it('needs no origin with a bearer token', async () => {
    const ws = await opened(
      new WebSocket(`ws://127.0.0.1:${port}/connect/${id}`, {
        headers: { authorization: 'Bearer ada' },
      }),
    );
    ws.terminate();
  });

  it('is refused while the session is not ready, and told 4000 when it has ended', async () => {
    session.state = 'preparing';
    const headers = { ...websocketHeaders, cookie: 'sid=ada', origin: origin() };
    expect(await refusal(`/connect/${id}`, headers)).toEqual([409, 'E_SESSION_NOT_READY']);
    session.state = 'closed';
    expect((await once(browser(), 'close'))[0]).toBe(4000);
  });

  it('is refused with a body, and past the bound of windows', async () => {
    const headers = { ...websocketHeaders, cookie: 'sid=ada', origin: origin() };
    const smuggled = { ...headers, 'content-length': '5' };
    expect(await refusal(`/connect/${id}`, smuggled)).toEqual([400, 'E_REQUEST_INVALID']);
    const windows = [browser(), browser(), browser()];
    await Promise.all(windows.map(opened));
    expect(await refusal(`/connect/${id}`, headers)).toEqual([429, 'E_REQUEST_TOO_MANY']);
    windows[0]!.terminate();
    await waitFor(() => tunnels.at(-1) === 2);
    const again = await opened(browser());
    for (const ws of [...windows, again]) ws.terminate();
  });

  it('is told in time when the agent does not dial', async () => {
    dialled = () => undefined;
    const headers = { ...websocketHeaders, cookie: 'sid=ada', origin: origin() };
    expect(await refusal(`/connect/${id}`, headers)).toEqual([503, 'E_AGENT_UNREACHABLE']);
  });

  it('leaves no socket behind when it goes while the agent dials', async () => {
    let late: (() => void) | null = null;
    dialled = (_, dial) => {
      late = dial;
    };
    const ws = browser();
    ws.on('error', () => undefined);
    const dial = await waitFor(() => late as (() => void) | null);
    ws.terminate();
    dial();
    await waitFor(() => fm.tunnel.counts().tunnels === 0);
  });

  it('is held while the agent’s control socket comes back', async () => {
    mine().drop();
    await waitFor(() => fm.tunnel.counts().agents === 1);
    const ws = await opened(browser());
    ws.terminate();
  });

  it('survives a restart of FM by connecting again, before the agent does too', async () => {
    const ws = await opened(browser());
    const credential = mine().credential();
    const gone = once(ws, 'close');
    await kill();
    await gone;
    await start();
    const again = await opened(browser());
    again.send('still there');
    expect(String((await once(again, 'message'))[0])).toBe('still there');
    again.terminate();
    await waitFor(() => agents.every((one) => one.isConnected()));
    expect(mine().credential()).toBe(credential);
    expect((await fm.nodes.find(session.container!))?.state).toBe('claimed');
    expect(agents).toHaveLength(2);
  });

  it('is cut when the container is given up', async () => {
    const ws = await opened(browser());
    const gone = once(ws, 'close');
    await fm.nodes.quarantine(session.container!, 'test');
    await gone;
    expect(fm.tunnel.agents.isConnected(session.container!)).toBe(false);
  });

  it('does not fill FM’s memory when nobody reads', async () => {
    serve = (socket) => {
      socket.pause();
    };
    const ws = await opened(browser());
    const chunk = Buffer.alloc(256 * 1024);
    for (let i = 0; i < 200; i += 1) ws.send(chunk);
    const inner = Reflect.get(ws, '_socket') as Socket;
    await waitFor(() => inner.writableNeedDrain);
    // 50 MB were offered; what FM took is a few socket buffers.
    await waitFor(() => bytes > 0);
    const settled = bytes;
    await fm.nodes.looked();
    expect(bytes - settled).toBeLessThan(20 * 1024 * 1024);
    expect(bytes).toBeLessThan(40 * 1024 * 1024);
    ws.terminate();
  });
});

describe('an agent’s sockets', () => {
  const control = (token: string, protocol: string = controlSubprotocol) =>
    refusal(agentPaths.control, {
      ...websocketHeaders,
      'sec-websocket-protocol': protocol,
      authorization: `Bearer ${token}`,
    });
  const stream = (name: string, token: string, upgrade: string = tunnelUpgrade) =>
    refusal(agentPaths.streams + name, {
      connection: 'Upgrade',
      upgrade,
      authorization: `Bearer ${token}`,
    });
  const refused = [403, 'E_AGENT_REFUSED'];
  const bootTokens = () =>
    engine.world.containers.map(({ spec }) => spec.environment.JOH_BOOT_TOKEN!);

  it('are refused with a used boot token, a wrong one, none, and another subprotocol', async () => {
    for (const agent of agents) await fm.nodes.authenticate(agent.credential());
    for (const token of [...bootTokens(), 'nonsense', '']) {
      expect(await control(token)).toEqual(refused);
    }
    expect(await control(mine().credential(), 'other')).toEqual([400, 'E_REQUEST_INVALID']);
  });

  it('are cut when the agent registers as another container, or not at all', async () => {
    const [a, b] = agents as [SimulatedAgent, SimulatedAgent];
    const dial = () =>
      new WebSocket(`ws://127.0.0.1:${port}${agentPaths.control}`, controlSubprotocol, {
        headers: { authorization: `Bearer ${a.credential()}` },
      });
    const liar = await opened(dial());
    const params = { container: b.id, version: 'x' };
    liar.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'register', params }));
    const [answer] = await once(liar, 'message');
    expect(JSON.parse(String(answer)).error.data.code).toBe('E_AGENT_REFUSED');
    await once(liar, 'close');
    const silent = await opened(dial());
    silent.send(
      JSON.stringify({
        jsonrpc: '2.0',
        method: 'attached',
        params: { session: id, connections: 9 },
      }),
    );
    await once(silent, 'close');
    expect(heard).toEqual([]);
    expect(agents.every((one) => one.isConnected())).toBe(true);
  });

  it('take only the stream that their container was asked for, once', async () => {
    const other = agents.find((one) => one.id !== session.container)!;
    let wanted = '';
    let go: () => void = () => undefined;
    dialled = (name, dial) => {
      wanted = name;
      go = dial;
    };
    const ws = browser();
    await waitFor(() => wanted !== '');
    expect(await stream(wanted, other.credential())).toEqual(refused);
    expect(await stream('stream_0000000000000000000', mine().credential())).toEqual(refused);
    expect(await stream(wanted, bootTokens()[0]!)).toEqual(refused);
    expect(await stream(wanted, mine().credential(), 'websocket')).toEqual([
      400,
      'E_REQUEST_INVALID',
    ]);
    go();
    await once(ws, 'open');
    expect(await stream(wanted, mine().credential())).toEqual(refused);
    ws.terminate();
  });

  it('of an older epoch are refused everywhere', async () => {
    const credential = mine().credential();
    await fm.nodes.quarantine(session.container!, 'test');
    expect(await control(credential)).toEqual([409, 'E_SESSION_EPOCH_OLD']);
    expect(await stream('stream_0000000000000000000', credential)).toEqual([
      409,
      'E_SESSION_EPOCH_OLD',
    ]);
  });

  it('carry what the agent says, and calls that outlive a broken socket', async () => {
    await mine().rpc().notify('attached', { session: id, connections: 2 });
    await waitFor(() => heard.includes(`attached ${session.container} 2`));
    const params = {
      session: id,
      epoch: 1,
      user: { id: 'ada' as UserId, name: 'ada', email: 'ada@example.org' },
      project: { owner: 'ada', name: 'blinky', board: null },
      cloneUrl: 'http://127.0.0.1:1/git/ada/blinky.git',
      gitToken: 't',
      ticketKey: 'k',
    };
    mine().drop();
    const never = new AbortController().signal;
    const answer = await fm.tunnel.agents.prepare(session.container!, params, never);
    expect(answer).toEqual({ root: '/work' });
    await fm.tunnel.agents.close(session.container!, 'done', never);
    const stop = AbortSignal.abort('enough');
    await expect(fm.tunnel.agents.close(session.container!, 'done', stop)).rejects.toBe('enough');
  });
});
