/** The desktop's shell and its windows, as tests play them. */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { WebUsbDevice } from '@joh/boards';
import { type Clock, systemClock, systemRandom } from '@joh/clock';
import { browserTransport, createClientLink, createRpc, type Link } from '@joh/link';
import {
  type AgentLine,
  agentNotices,
  agentRpc,
  type DesktopCall,
  type DesktopParams,
  type DesktopReply,
  type DesktopRequest,
  type DesktopResult,
  faultOf,
  type ShellLine,
} from '@joh/protocol';
import { WebSocket } from 'ws';
import { runDesktop } from './desktop.ts';

export interface FakeShell {
  port: number;
  secret: string;
  requests: DesktopRequest[];
  lines: AgentLine[];
  say(line: ShellLine | object): void;
  call<K extends DesktopCall>(call: K, params: DesktopParams<K>): Promise<DesktopResult<K>>;
  /** A window on the folder, connected as its page would be; or what else is in `/connect/…`, with its ticket. */
  connect(target: string, ticket?: () => Promise<string>): FakeWindow;
  /** Ends the agent's input, and waits for its end. */
  end(): Promise<void>;
}

export type FakeWindow = ReturnType<typeof connectWindow>;

export interface FakeShellOptions {
  /** Folder of the test's own; the bundle is made in it. */
  at: string;
  folder?: string | null;
  clock?: Clock;
  devices?: readonly WebUsbDevice[];
  reply?(request: DesktopRequest): Omit<DesktopReply, 'id'>;
}

export async function startFakeShell(options: FakeShellOptions): Promise<FakeShell> {
  const { at, clock = systemClock(), devices = [] } = options;
  const secret = randomBytes(32).toString('hex');
  const input = new PassThrough();
  const output = new PassThrough();
  const lines: AgentLine[] = [];
  const requests: DesktopRequest[] = [];
  const ready = Promise.withResolvers<number>();
  const say = (line: object) => void input.write(`${JSON.stringify(line)}\n`);
  output.setEncoding('utf8').on('data', (text: string) => {
    for (const one of text.split('\n').filter(Boolean)) {
      const line = JSON.parse(one) as AgentLine;
      lines.push(line);
      if ('ready' in line) ready.resolve(line.ready.port);
      if (!('request' in line)) continue;
      requests.push(line.request);
      say({ reply: { id: line.request.id, ...options.reply?.(line.request) } });
    }
  });
  const runtime = join(at, 'run');
  await mkdir(runtime, { recursive: true });
  const stop = new AbortController();
  const running = runDesktop(
    {
      version: '0.0.0',
      env: { HOME: join(at, 'home'), PATH: '/usr/local/bin:/usr/bin:/bin', SHELL: '/bin/sh' },
      clock,
      random: systemRandom(),
      log: () => undefined,
      input,
      output,
      runtime,
      startPtyHost: () => undefined,
      usbLibraries: join(at, 'none'),
      usbDevices: async () => [...devices],
      udev: { path: join(at, 'udev.rules'), isOwn: true },
      embedded: {
        languageServer: [process.execPath, 'none'],
        tool: [process.execPath, 'none'],
        observer: null,
      },
    },
    stop.signal,
  );
  running.catch(ready.reject);
  const start = { secret, data: join(at, 'data'), ide: join(at, 'ide'), port: 0 };
  say({ ...start, folder: options.folder ?? null });
  const port = await ready.promise;
  return {
    port,
    secret,
    requests,
    lines,
    say,
    call: async (call, params) => {
      const response = await fetch(`http://127.0.0.1:${port}/desktop/${call}`, {
        method: 'POST',
        headers: {
          origin: `http://127.0.0.1:${port}`,
          authorization: `Bearer ${secret}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(params),
      });
      const body = (await response.json()) as { error?: unknown };
      if (!response.ok) throw faultOf(body.error);
      return body as never;
    },
    connect: (folder, ticket) =>
      connectWindow({ port, folder, secret, ...(ticket ? { ticket } : {}) }),
    end: async () => {
      input.end();
      await running;
    },
  };
}

/** A window's link to a folder of an agent, however that was started. */
export function connectWindow(options: {
  port: number;
  folder: string;
  secret: string;
  ticket?: () => Promise<string>;
}) {
  const { port, folder, secret } = options;
  const random = systemRandom();
  const link: Link = createClientLink({
    connect: (signal) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/connect/${folder}`, {
        origin: `http://127.0.0.1:${port}`,
      });
      socket.on('error', () => undefined);
      return browserTransport(socket as never, signal);
    },
    ticket: options.ticket ?? (async () => secret),
    clock: systemClock(),
    random,
  });
  const rpc = createRpc({
    channel: link.open('rpc', {}),
    local: { methods: {}, notices: {} },
    handlers: {},
    remote: { methods: agentRpc.methods, notices: agentNotices.notices },
    random,
  });
  return { link, call: rpc.call, onNotice: rpc.onNotice };
}
