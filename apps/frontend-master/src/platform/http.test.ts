import { get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Writable } from 'node:stream';
import { systemClock, systemRandom } from '@joh/clock';
import { fault } from '@joh/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { HostNames } from './host-names.ts';
import { createHttp, type Http } from './http.ts';
import { createLogger } from './logger.ts';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what came over the wire
const json = (response: Response) => response.json() as Promise<any>;

describe('http', () => {
  const started: Http[] = [];
  let log = '';
  const start = async (publicUrl?: string, hostNames?: HostNames) => {
    log = '';
    const destination = new Writable({
      write(chunk, _encoding, done) {
        log += String(chunk);
        done();
      },
    });
    const http = createHttp({
      clock: systemClock(),
      random: systemRandom(),
      logger: createLogger({ level: 'info', destination }),
      publicUrl,
      hostNames,
      limits: { requestBodyBytesMax: 1_000, requestTimeoutMs: 5_000 },
    });
    started.push(http);
    http.route({
      method: 'POST',
      path: '/api/things/:thing',
      summary: 'Makes a thing.',
      params: z.object({ thing: z.string() }),
      body: z.object({ size: z.number().int(), nested: z.object({ name: z.string() }).optional() }),
      response: z.object({ thing: z.string(), size: z.number() }),
      status: 201,
      handle: async ({ params, body }) => ({ thing: params.thing, size: body.size }),
    });
    http.route({
      method: 'GET',
      path: '/api/broken',
      summary: 'Throws.',
      response: z.object({}),
      handle: async () => {
        throw new Error('secret detail');
      },
    });
    http.route({
      method: 'GET',
      path: '/api/limited',
      summary: 'Is refused.',
      response: z.object({}),
      handle: async () => {
        throw fault('E_REQUEST_TOO_MANY', { seconds: 7 });
      },
    });
    http.route({
      method: 'DELETE',
      path: '/api/things',
      summary: 'Empties.',
      handle: async () => {},
    });
    http.app.get('/slow', () => new Promise(() => undefined));
    http.raw('/git/', (_request, response) => response.end('raw'));
    http.upgrade('/connect/', (_request, socket) => socket.end('HTTP/1.1 101 ok\r\n\r\nspliced'));
    await http.listen({ host: '127.0.0.1', port: 0 });
    return http;
  };
  afterEach(async () => {
    for (const http of started.splice(0)) await http.close(AbortSignal.timeout(2_000));
  });
  const post = (http: Http, body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${http.publicUrl()}/api/things/a`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  it('gives what the route promises', async () => {
    const response = await post(await start(), { size: 3 });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ thing: 'a', size: 3 });
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    const empty = await fetch(`${started[0]!.publicUrl()}/api/things`, { method: 'DELETE' });
    expect([empty.status, await empty.text()]).toEqual([204, '']);
  });

  it('names the field that is wrong', async () => {
    const response = await post(await start(), { size: 3, nested: { name: 4 } });
    expect(response.status).toBe(400);
    const { error } = await json(response);
    expect(error.code).toBe('E_REQUEST_INVALID');
    expect(error.message).toContain('nested.name: ');
  });

  it('refuses a body that is no JSON, and one that is too large', async () => {
    const http = await start();
    const url = `${http.publicUrl()}/api/things/a`;
    const headers = { 'content-type': 'application/json' };
    const broken = await fetch(url, { method: 'POST', headers, body: '{' });
    expect([broken.status, (await json(broken)).error.code]).toEqual([400, 'E_REQUEST_INVALID']);
    const large = await post(http, { size: 1, rest: 'x'.repeat(2_000) });
    const { error } = await json(large);
    expect([large.status, error.code]).toEqual([413, 'E_REQUEST_TOO_LARGE']);
    expect(error.message).toContain('1000 bytes');
  });

  it('names an unknown route without its query', async () => {
    const response = await fetch(`${(await start()).publicUrl()}/api/nothing?token=hidden`);
    const { error } = await json(response);
    expect(error).toMatchObject({ code: 'E_ROUTE_UNKNOWN', details: { path: '/api/nothing' } });
  });

  it('names what is wrong with an address that cannot be decoded', async () => {
    const response = await fetch(`${(await start()).publicUrl()}/api/%ff`);
    const { error } = await json(response);
    expect([response.status, error.code]).toEqual([400, 'E_REQUEST_INVALID']);
  });

  it('keeps a bug out of the answer and under its reference in the log', async () => {
    const response = await fetch(`${(await start()).publicUrl()}/api/broken`);
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('secret detail');
    const { reference } = JSON.parse(text).error.details;
    const line = log.split('\n').find((one) => one.includes(reference));
    expect(line).toContain('secret detail');
  });

  it('says when to come back', async () => {
    const response = await fetch(`${(await start()).publicUrl()}/api/limited`);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it.each([
    ['its own page', { origin: 'self', cookie: 'joh=a' }, 201],
    ['another site', { origin: 'https://evil.example', cookie: 'joh=a' }, 403],
    ['another site, no cookie yet', { origin: 'https://evil.example' }, 403],
    ['another port', { origin: 'http://127.0.0.1:1', cookie: 'joh=a' }, 403],
    ['a sandboxed frame', { origin: 'null', cookie: 'joh=a' }, 403],
    ['a browser that hides its origin', { cookie: 'joh=a' }, 403],
    ['a script with a token', { authorization: 'Bearer x' }, 201],
  ])('judges an unsafe request of %s', async (_name, headers: Record<string, string>, status) => {
    const http = await start();
    const own = headers.origin === 'self' ? { ...headers, origin: http.publicUrl() } : headers;
    expect((await post(http, { size: 1 }, own)).status).toBe(status);
  });

  it('knows only its public address when it has one', async () => {
    const http = await start('https://joy.example/');
    expect(http.publicUrl()).toBe('https://joy.example');
    expect(http.isOwnOrigin('https://joy.example')).toBe(true);
    expect(http.isOwnOrigin('http://joy.example')).toBe(false);
    expect(http.isOwnOrigin('https://joy.example.evil.example')).toBe(false);
    expect(http.isOwnOrigin(undefined)).toBe(false);
  });

  it('serves at the name of git nothing but git', async () => {
    const http = await start('https://joy.example', { git: 'git.joy.example' });
    const { port } = http.app.server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const statusOf = async (host: string, path: string) => {
      const { promise, resolve } = Promise.withResolvers<number | undefined>();
      get(url + path, { headers: { host } }, (answer) => resolve(answer.resume().statusCode));
      return promise;
    };
    expect(await statusOf('git.joy.example', '/git/a')).toBe(200);
    expect(await statusOf('git.joy.example', '/healthz')).toBe(404);
    expect(await statusOf('joy.example', '/healthz')).toBe(200);
    expect(http.gitUrl()).toBe('https://git.joy.example');
  });

  it('lets in at another address what is named, and nothing below or beside it', async () => {
    const http = await start();
    const port = await http.listenFor(['/git/', '/healthz'], { host: '127.0.0.1', port: 0 });
    const statusOf = async (path: string) =>
      (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    expect(await statusOf('/git/a')).toBe(200);
    expect(await statusOf('/healthz?a=b')).toBe(200);
    expect(await statusOf('/healthz/more')).toBe(404);
    expect(await statusOf('/healthzs')).toBe(404);
    expect(await statusOf('/api/openapi.json')).toBe(404);
  });

  it('serves streams and upgrades in front of the framework', async () => {
    const http = await start();
    expect(await (await fetch(`${http.publicUrl()}/git/a/b.git/info/refs`)).text()).toBe('raw');
    const upgrade = (path: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(http.publicUrl()).port), '127.0.0.1');
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.on('end', () => resolve(text));
        socket.on('error', reject);
        socket.write(
          `GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n`,
        );
      });
    expect(await upgrade('/connect/s')).toContain('spliced');
    expect(await upgrade('/elsewhere')).toContain('404');
  });

  it('describes its routes', async () => {
    const response = await fetch(`${(await start()).publicUrl()}/api/openapi.json`);
    const { paths } = await json(response);
    const operation = paths['/api/things/{thing}'].post;
    expect(operation.requestBody.content['application/json'].schema.properties.size.type).toBe(
      'integer',
    );
    expect(operation.responses['201']).toBeDefined();
    expect(operation.parameters[0]).toMatchObject({ name: 'thing', in: 'path', required: true });
  });

  it('cuts what does not end by the deadline', async () => {
    const http = await start();
    const pending = fetch(`${http.publicUrl()}/slow`).catch((error: unknown) => error);
    started.length = 0;
    await http.close(AbortSignal.timeout(50));
    expect(await pending).toBeInstanceOf(Error);
  });
});
