/** Debian's Caddy with the file of `ops/caddy`, on loopback, with certificates of its own authority. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type RequestOptions, request } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { temporaryFolder, waitFor } from '@joh/testkit';

const ops = join(import.meta.dirname, '..', '..');
const program = '/usr/bin/caddy';

export interface Caddy {
  port: number;
  httpPort: number;
  /** File with the certificate of its authority. */
  authority: string;
  /** One request over TLS to a host name that Caddy serves. */
  ask(
    url: string,
    options?: Ask,
  ): Promise<{ status: number; message: IncomingMessage; body: string }>;
  stop(): Promise<void>;
}

interface Ask extends Pick<RequestOptions, 'method' | 'headers' | 'localAddress'> {
  body?: unknown;
}

/** The environment that `start.sh` reads. */
export function caddyEnvironment(folder: string, change: Record<string, string> = {}) {
  return {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    JOH_CADDY: program,
    JOH_CADDY_ADMIN: 'off',
    JOH_CADDY_BIND: '127.0.0.1',
    JOH_TLS: 'internal',
    ...change,
  };
}

export const caddyFile = join(ops, 'caddy', 'Caddyfile');
export const caddyStart = join(ops, 'caddy', 'start.sh');

/** Starts it in front of FM at `upstream`. */
export async function startCaddy(options: {
  hostNames: string;
  ports: { https: number; http: number };
  upstream: string;
}): Promise<Caddy> {
  if (!existsSync(program)) throw new Error(`this test needs ${program}: apt-get install caddy`);
  const folder = await temporaryFolder('joh-caddy');
  const { https: port, http: httpPort } = options.ports;
  const child = spawn(caddyStart, ['run', '--config', caddyFile, '--adapter', 'caddyfile'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: caddyEnvironment(folder.path, {
      JOH_HOST_NAMES: options.hostNames,
      JOH_UPSTREAM: options.upstream,
      JOH_HTTPS_PORT: String(port),
      JOH_HTTP_PORT: String(httpPort),
    }),
  });
  let log = '';
  child.stderr?.on('data', (data: Buffer) => {
    log += data.toString('utf8');
  });
  const authority = join(folder.path, 'data/caddy/pki/authorities/local/root.crt');
  const ask = (url: string, about: Ask = {}) => askOver({ port, authority }, url, about);
  const site = /site=([^,]+)/.exec(options.hostNames)?.[1];
  const stop = async () => {
    await end(child);
    await folder.remove();
  };
  await waitFor(
    async () => existsSync(authority) && (await ask(`https://${site}:${port}/healthz`)),
    {
      deadlineMs: 20_000,
      what: 'Caddy serves',
    },
  ).catch(async (error: unknown) => {
    await stop();
    throw new Error(`Caddy: ${log}`, { cause: error });
  });
  return { port, httpPort, authority, ask, stop };
}

/** Ports of loopback that nobody listens on now. */
export async function freePorts(many: number): Promise<number[]> {
  const servers = Array.from({ length: many }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

async function askOver(
  { port, authority }: { port: number; authority: string },
  url: string,
  { body, ...options }: Ask,
): Promise<{ status: number; message: IncomingMessage; body: string }> {
  const { hostname, pathname, search } = new URL(url);
  const sent = body === undefined ? undefined : JSON.stringify(body);
  const asked = request({
    ...{ host: '127.0.0.1', port, path: pathname + search, servername: hostname },
    ...{ ca: readFileSync(authority), agent: false, timeout: 10_000 },
    ...options,
    headers: {
      host: `${hostname}:${port}`,
      ...(sent ? { 'content-type': 'application/json' } : {}),
      ...options.headers,
    },
  });
  asked.on('timeout', () => asked.destroy(new Error('no answer')));
  asked.end(sent);
  const [message] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: message.statusCode ?? 0, message, body: await text(message) };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(late);
}
