import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock, systemRandom } from '@joh/clock';
import { createFakeEngine, createFakeWorld } from '@joh/engine';
import {
  createLogger,
  type FrontendMaster,
  readConfiguration,
  startFrontendMaster,
  startSimulatedAgent,
} from '@joh/frontend-master';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Caddy,
  caddyEnvironment,
  caddyFile,
  caddyStart,
  freePorts,
  startCaddy,
} from './caddy.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..', '..');
const hostNames = 'site=joy.localhost,git=git.localhost,cache=cache.localhost';
const password = 'correct horse';

let folder: TemporaryFolder;
let frontendMaster: FrontendMaster;
let caddy: Caddy;
let site: string;
let upstream: number;
let token: string;

beforeAll(async () => {
  folder = await temporaryFolder('joh-proxied');
  const [https = 0, http = 0, third = 0] = await freePorts(3);
  upstream = third;
  site = `https://joy.localhost:${https}`;
  const configuration = readConfiguration({
    JOH_DATA: join(folder.path, 'data'),
    JOH_PORT: String(upstream),
    JOH_LOG: 'silent',
    JOH_HOST_NAMES: hostNames,
    JOH_PUBLIC_URL: site,
    JOH_TRUSTED_PROXY: '127.0.0.1',
  }).values;
  const clock = systemClock();
  const engine = createFakeEngine({
    clock,
    world: createFakeWorld(),
    onCreate({ id, environment }, { signal }) {
      const { JOH_FRONTEND_URL = '', JOH_BOOT_TOKEN: bootToken = '' } = environment;
      startSimulatedAgent({ id, bootToken, frontendUrl: () => JOH_FRONTEND_URL, signal });
    },
  });
  frontendMaster = await startFrontendMaster({
    ...{ configuration, clock, engine, root, environment: {} },
    random: systemRandom(),
    logger: createLogger({ level: 'silent' }),
  });
  caddy = await startCaddy({
    ...{ hostNames, ports: { https, http } },
    upstream: `127.0.0.1:${upstream}`,
  });
  const form = { name: 'ada', email: 'ada@example.org', password };
  const answer = await ask('POST', '/api/auth/sign-up', form);
  token = JSON.parse(answer.body).token;
  expect(answer.message.headers['set-cookie']?.[0]).toMatch(/; Secure/);
});
afterAll(async () => {
  await caddy?.stop();
  await frontendMaster?.stop();
  await folder?.remove();
});

const ask = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  caddy.ask(path.startsWith('https:') ? path : site + path, {
    ...{ method, body },
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
  });

const connect = (path: string) =>
  new WebSocket(`wss://127.0.0.1:${caddy.port}${path}`, {
    ...{ ca: readFileSync(caddy.authority), servername: 'joy.localhost' },
    headers: { host: `joy.localhost:${caddy.port}`, authorization: `Bearer ${token}` },
  });

describe('Caddy in front of FrontendMaster', () => {
  it('finds its file valid, in every way to get certificates, and well written', () => {
    for (const change of [{ JOH_TLS: 'automatic' }, { JOH_TLS: 'internal' }]) {
      const env = caddyEnvironment(folder.path, { ...change, JOH_HOST_NAMES: hostNames });
      const { status, stderr } = spawnSync(caddyStart, ['validate', '--config', caddyFile], {
        ...{ env, encoding: 'utf8' },
      });
      expect(status, stderr).toBe(0);
    }
    const formatted = spawnSync('/usr/bin/caddy', ['fmt', caddyFile], { encoding: 'utf8' }).stdout;
    expect(formatted).toBe(readFileSync(caddyFile, 'utf8'));
  });

  it('does not start without host names, nor with what is no host name', () => {
    const start = (JOH_HOST_NAMES: string) =>
      spawnSync(caddyStart, ['validate', '--config', caddyFile], {
        env: caddyEnvironment(folder.path, { JOH_HOST_NAMES }),
        encoding: 'utf8',
      });
    expect(start('').stderr).toContain('set it to site=<name>');
    expect(start('site=joy.example { respond "mine" }').status).toBe(2);
  });

  it('serves pages over TLS alone, and says so to browsers', async () => {
    const page = await ask('GET', '/templates');
    expect(page).toMatchObject({ status: 200 });
    expect(page.body).toContain('Each is a small project');
    expect(page.message.headers['strict-transport-security']).toBe('max-age=31536000');
    const plain = get(`http://127.0.0.1:${caddy.httpPort}/projects`, {
      headers: { host: 'joy.localhost' },
    });
    const [redirect] = await once(plain, 'response');
    redirect.resume();
    expect(redirect.statusCode).toBe(308);
    expect(redirect.headers.location).toMatch(/^https:\/\/joy\.localhost/);
  });

  it('keeps inside what is for this machine and for nodes', async () => {
    for (const path of ['/metrics', '/readyz', '/agent/control']) {
      expect(await ask('GET', path)).toMatchObject({ status: 404, body: '' });
    }
    const socket = connect('/agent/control');
    const [error] = await once(socket, 'error');
    expect(String(error)).toContain('404');
    // Without Caddy's rule it would be refused all the same: it came through a proxy.
    const direct = await fetch(`http://127.0.0.1:${upstream}/metrics`, {
      headers: { 'x-forwarded-for': '127.0.0.1' },
    });
    expect(direct.status).toBe(403);
  });

  it('counts wrong passwords by client, whatever the client says it is', async () => {
    const wrong = (localAddress: string, forwarded: string) =>
      caddy.ask(`${site}/api/auth/sign-in`, {
        ...{ method: 'POST', localAddress },
        body: { email: 'ada@example.org', password: 'wrong' },
        headers: { 'x-forwarded-for': forwarded, forwarded: `for=${forwarded}` },
      });
    for (let guess = 0; guess < 10; guess += 1) {
      expect(await wrong('127.0.0.2', `203.0.113.${guess}`)).toMatchObject({ status: 401 });
    }
    expect(await wrong('127.0.0.2', '203.0.113.99')).toMatchObject({ status: 429 });
    // Another client is not held responsible, also when it names the first.
    expect(await wrong('127.0.0.3', '127.0.0.2')).toMatchObject({ status: 401 });
  });

  it('joins a websocket of a browser to an agent, and streams events at once', async () => {
    await ask('POST', '/api/projects', { name: 'blinky', template: 'empty' });
    const opened = await ask('POST', '/api/sessions', { project: 'ada/blinky' });
    const { id } = JSON.parse(opened.body);
    await waitFor(
      async () => JSON.parse((await ask('GET', `/api/sessions/${id}`)).body).state === 'ready',
      { deadlineMs: 20_000, what: 'the session is ready' },
    );
    const socket = connect(`/connect/${id}`);
    await once(socket, 'open');
    socket.send('typed');
    const [echo] = await once(socket, 'message');
    expect(String(echo)).toBe('typed');
    socket.close();
    const events = new AbortController();
    const first = run(
      'curl',
      [
        ...['--silent', '--no-buffer', '--max-time', '5', '--cacert', caddy.authority],
        ...['--resolve', `joy.localhost:${caddy.port}:127.0.0.1`, '--header', '@-'],
        `${site}/api/sessions/${id}/events`,
      ],
      { signal: events.signal },
    );
    first.child.stdin?.end(`authorization: Bearer ${token}\n`);
    const chunk = await once(first.child.stdout!, 'data');
    expect(String(chunk[0])).toContain('event: session');
    events.abort();
    await first.catch(() => undefined);
  });

  it('serves repositories at their own name, and no page there', async () => {
    const at = `https://git.localhost:${caddy.port}`;
    const [project] = JSON.parse((await ask('GET', '/api/projects')).body).projects;
    expect(project.cloneUrl).toBe(`${at}/git/ada/blinky.git`);
    const credentials = join(folder.path, 'credentials');
    writeFileSync(
      credentials,
      `https://ada:${encodeURIComponent(password)}@git.localhost:${caddy.port}\n`,
      {
        mode: 0o600,
      },
    );
    const work = join(folder.path, 'work');
    const options = [
      ...['-c', `http.curloptResolve=git.localhost:${caddy.port}:127.0.0.1`],
      ...['-c', `credential.helper=store --file=${credentials}`],
    ];
    await run('git', [...options, 'clone', '--quiet', project.cloneUrl, work], {
      env: { PATH: process.env.PATH, HOME: folder.path, GIT_SSL_CAINFO: caddy.authority },
    });
    expect(readdirSync(work)).toContain('shell.nix');
    expect(await ask('GET', `${at}/sign-in`)).toMatchObject({ status: 404 });
    expect(
      await ask('GET', `https://cache.localhost:${caddy.port}/git/ada/blinky.git/info/refs`),
    ).toMatchObject({
      status: 404,
    });
  });
});
