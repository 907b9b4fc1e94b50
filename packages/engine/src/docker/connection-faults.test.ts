import { createServer as createPlainServer } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { type Authority, createAuthority } from '@joh/authority';
import { type Clock, systemClock, systemRandom } from '@joh/clock';
import type { NodeId } from '@joh/protocol';
import { fakeClock, temporaryFolder } from '@joh/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createDockerEngine } from './docker-engine.ts';
import { createEngineApi } from './engine-api.ts';
import type { DockerHostAddress, TlsIdentity } from './host-address.ts';

const clock = systemClock();
const random = systemRandom();
const authority = createAuthority({ clock, random });
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const identityOf = (ours: Authority, days = 1): TlsIdentity => {
  const own = ours.newIdentity({ name: 'frontend', hosts: [], use: 'client', days });
  return { authority: authority.certificate, ...own };
};

/** A daemon that pings, at a free port of loopback. */
async function daemon(
  options: { hosts?: string[]; signer?: Authority; maxVersion?: 'TLSv1.1' } = {},
) {
  const { hosts = ['127.0.0.1'], signer = authority, ...rest } = options;
  const { key, certificate } = signer.newIdentity({ name: 'node', hosts, use: 'node', days: 1 });
  const server: Server = createServer(
    {
      ...{ key, cert: certificate, ca: authority.certificate, requestCert: true },
      ...{ rejectUnauthorized: true, ...rest },
      ...(rest.maxVersion && { minVersion: 'TLSv1' as const, ciphers: 'DEFAULT@SECLEVEL=0' }),
    },
    (_, answer) => answer.setHeader('api-version', '1.41').end('OK'),
  );
  return listen(server);
}

async function listen(server: Pick<Server, 'listen' | 'close' | 'address'>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    (server as Partial<Server>).closeAllConnections?.();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** What a call to it ends with: the answer's status, or the fault's words. */
async function asked(port: number, tls: TlsIdentity, given: { clock?: Clock; host?: string } = {}) {
  const endpoint = { host: given.host ?? '127.0.0.1', port, tls };
  const api = createEngineApi({ clock, ...given, name: 'rack-3', endpoint, pingTimeoutMs: 400 });
  closers.push(() => api.close());
  const signal = AbortSignal.timeout(10_000);
  return api.call('GET', '/info', { signal, timeoutMs: 5_000 }).then(
    ({ status }) => String(status),
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );
}

describe('a Docker host over mutual TLS', () => {
  it('is spoken to when both sides are who they say', async () => {
    expect(await asked(await daemon(), identityOf(authority))).toBe('200');
    const named = await daemon({ hosts: ['localhost'] });
    expect(await asked(named, identityOf(authority), { host: 'localhost' })).toBe('200');
  });

  it('is refused, by name and with what to do, when it is not who it says', async () => {
    const stranger = createAuthority({ clock, random });
    const refused = async (port: number, tls: TlsIdentity) => {
      const said = await asked(port, tls);
      expect(said).toMatch(/^E_ENGINE_UNREACHABLE .*Docker of rack-3 \(127\.0\.0\.1:\d+\): /);
      return said;
    };
    const ours = identityOf(authority);
    expect(await refused(await daemon({ hosts: ['127.0.0.2'] }), ours)).toContain(
      'another address',
    );
    expect(await refused(await daemon({ signer: stranger }), ours)).toContain('another authority');
    expect(await refused(await daemon({ maxVersion: 'TLSv1.1' }), ours)).toContain('TLS 1.2');
    const plain = createPlainServer((_, answer) => answer.end());
    expect(await refused(await listen(plain as unknown as Server), ours)).toContain('without TLS');
  });

  it('says that it refused us, as far as that can be told', async () => {
    const stranger = createAuthority({ clock, random });
    const said = await asked(await daemon(), identityOf(stranger));
    expect(said).toMatch(/our certificate/);
    const unreadable = { ...identityOf(authority), key: 'no key' };
    expect(await asked(await daemon(), unreadable)).toContain('cannot be read');
  });

  it('says when a certificate has expired', async () => {
    const longAgo = fakeClock(Date.now() - 40 * 86_400_000);
    const then = createAuthority({ clock: longAgo, random, stored: authority });
    expect(await asked(await daemon({ signer: then }), identityOf(authority))).toContain('expired');
  });

  it('says when nobody is there, and does not wait for who is silent', async () => {
    const port = await daemon();
    await closers.shift()?.();
    expect(await asked(port, identityOf(authority))).toContain('no daemon listens there');
    const silent = await listen(createTcpServer(() => undefined) as unknown as Server);
    const began = performance.now();
    expect(await asked(silent, identityOf(authority))).toContain('no answer');
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await asked(port, identityOf(authority), { host: 'none.invalid' })).toMatch(/name/);
  });
});

describe('a connection that is used again', () => {
  it('may have ended meanwhile, which nobody notices', async () => {
    let requests = 0;
    const server = createPlainServer(({ socket }, answer) => {
      requests += 1;
      // As a daemon that was restarted while a request was on its way.
      if (requests === 3) socket.destroy();
      else answer.setHeader('api-version', '1.41').end('{}');
    });
    const folder = await temporaryFolder('joh-api');
    closers.push(() => folder.remove());
    const socketPath = join(folder.path, 'socket');
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    closers.push(() => server.close());
    const api = createEngineApi({ clock, endpoint: { socketPath } });
    closers.push(() => api.close());
    const given = { signal: AbortSignal.timeout(5_000), timeoutMs: 5_000 };
    expect(await api.call('GET', '/info', given)).toMatchObject({ status: 200 });
    expect(await api.call('GET', '/info', given)).toMatchObject({ status: 200 });
    expect(requests).toBe(4);
  });
});

describe('the set of Docker hosts', () => {
  const address = (node: string, port: number): DockerHostAddress => ({
    ...{ node: node as NodeId, name: node, labels: { shelf: node } },
    endpoint: { host: '127.0.0.1', port, tls: identityOf(authority) },
  });
  const signal = () => AbortSignal.timeout(10_000);

  it('is read again by nodes(): who came is there, who left is not', async () => {
    const [one, two] = [address('one', await daemon()), address('two', await daemon())];
    let hosts = [one];
    const engine = createDockerEngine({ clock, installation: 'test', hosts: () => hosts });
    closers.push(() => engine.close());
    const ids = async () => (await engine.nodes(signal())).map(({ id }) => id);
    expect(await ids()).toEqual(['one']);
    expect(await engine.frontendReach(signal())).toEqual({ reach: 'elsewhere' });
    hosts = [one, two];
    await expect(engine.pull('x', 'two' as NodeId, signal())).rejects.toMatchObject({
      code: 'E_ENGINE_REFUSED',
    });
    expect(await ids()).toEqual(['one', 'two']);
    expect((await engine.nodes(signal()))[1]).toMatchObject({
      name: 'two',
      labels: { shelf: 'two' },
    });
    hosts = [two];
    expect(await ids()).toEqual(['two']);
    expect(await engine.list(signal(), 'one' as NodeId)).toEqual([]);
    hosts = [];
    expect(await ids()).toEqual([]);
    expect(await engine.list(signal())).toEqual([]);
  });

  it('ends what is under way with a host that leaves', async () => {
    const silent = await listen(createTcpServer(() => undefined) as unknown as Server);
    let hosts = [address('one', silent)];
    const engine = createDockerEngine({ clock, installation: 'test', hosts: () => hosts });
    closers.push(() => engine.close());
    const listing = engine.list(signal()).catch((error: Error) => error.message);
    const describing = engine.nodes(signal());
    hosts = [];
    await engine.nodes(signal());
    expect(await describing).toEqual([]);
    expect(await listing).toContain('one is no compute node any more');
  });

  it('waits for a silent host once, and then hardly', async () => {
    const silent = await listen(createTcpServer(() => undefined) as unknown as Server);
    const hosts = [address('one', silent), address('two', await daemon())];
    const timeouts = { pingTimeoutMs: 1_000, silentNodeMs: 50 };
    const engine = createDockerEngine({
      clock,
      installation: 'test',
      hosts: () => hosts,
      timeouts,
    });
    closers.push(() => engine.close());
    const took = async () => {
      const began = performance.now();
      expect((await engine.nodes(signal()))[0]).toMatchObject({ id: 'one', reachable: false });
      return performance.now() - began;
    };
    expect(await took()).toBeGreaterThan(900);
    expect(await took()).toBeLessThan(900);
  });
});
