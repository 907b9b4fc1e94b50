import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { systemClock, systemRandom } from '@joh/clock';
import { afterEach, describe, expect, it } from 'vitest';
import { createAuthority, type Identity } from './index.ts';

const clock = systemClock();
const random = systemRandom();
const newAuthority = () => createAuthority({ clock, random });
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'joh-authority-'));
  ends.push(() => rmSync(path, { recursive: true }));
  return path;
}

/** A server that wants a client's certificate, as dockerd with `--tlsverify` does. */
async function serve(authority: string, identity: Identity): Promise<number> {
  const server: Server = createServer(
    { ...{ ca: authority, key: identity.key, cert: identity.certificate }, requestCert: true },
    (socket) => socket.end('hello'),
  );
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  ends.push(() => server.close());
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

/** What the server says, or the error's code, or nothing: a refusal's alert may come after the end. */
function ask(port: number, authority: string, identity?: Identity, host = '127.0.0.1') {
  return new Promise<string>((resolve) => {
    const socket: TLSSocket = connect({
      ...{ port, host: '127.0.0.1', ca: authority },
      ...(host === '127.0.0.1' ? {} : { servername: host }),
      ...(identity && { key: identity.key, cert: identity.certificate }),
    });
    let text = '';
    socket.on('data', (data) => {
      text += data.toString();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.on('close', () => resolve(text));
  });
}

/** A request made by openssl. */
function request(parameters: readonly string[] = []): { csr: string; key: string; at: string } {
  const at = folder();
  const key = join(at, 'key.pem');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const kind = parameters.includes('-newkey') ? [] : curve;
  const csr = execFileSync(
    'openssl',
    ['req', '-new', '-nodes', ...kind, '-keyout', key, '-subj', '/CN=asked', ...parameters],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return { csr, key: readFileSync(key, 'utf8'), at };
}

const loopback = { name: 'n', hosts: ['127.0.0.1'], use: 'node' } as const;
const client = { name: 'c', hosts: [], use: 'client' } as const;

describe('a handshake between two that it vouches for', () => {
  it('succeeds, both sides proven', async () => {
    const one = newAuthority();
    const port = await serve(one.certificate, one.newIdentity(loopback));
    expect(await ask(port, one.certificate, one.newIdentity(client))).toBe('hello');
  });

  it('takes a key that was made elsewhere', async () => {
    const one = newAuthority();
    const { csr, key } = request();
    const certificate = one.issue({ csr, ...loopback, days: 30 });
    const port = await serve(one.certificate, { key, certificate });
    expect(await ask(port, one.certificate, one.newIdentity(client))).toBe('hello');
  });

  it('goes on after a restart, from what was stored', async () => {
    const before = newAuthority();
    const { key, certificate } = before;
    const after = createAuthority({ clock, random, stored: { key, certificate } });
    expect(after.fingerprint).toBe(before.fingerprint);
    const port = await serve(before.certificate, before.newIdentity(loopback));
    expect(await ask(port, after.certificate, after.newIdentity(client))).toBe('hello');
  });
});

describe('a handshake is refused', () => {
  it('to a client without a certificate', async () => {
    const one = newAuthority();
    const port = await serve(one.certificate, one.newIdentity(loopback));
    expect(await ask(port, one.certificate)).not.toBe('hello');
  });

  it('between two authorities, in both directions', async () => {
    const [one, other] = [newAuthority(), newAuthority()];
    const port = await serve(one.certificate, one.newIdentity(loopback));
    expect(await ask(port, other.certificate, one.newIdentity(client))).toBe(
      'SELF_SIGNED_CERT_IN_CHAIN',
    );
    expect(await ask(port, one.certificate, other.newIdentity(client))).not.toBe('hello');
  });

  it('when a certificate has expired', async () => {
    const old = { ...clock, now: () => clock.now() - 10 * 86_400_000 };
    const one = createAuthority({ clock: old, random });
    const expired = one.newIdentity({ ...loopback, days: 9 });
    const port = await serve(one.certificate, expired);
    expect(await ask(port, one.certificate, one.newIdentity(client))).toBe('CERT_HAS_EXPIRED');
    const fine = await serve(one.certificate, one.newIdentity({ ...loopback, days: 30 }));
    const late = one.newIdentity({ ...client, days: 9 });
    expect(await ask(fine, one.certificate, late)).not.toBe('hello');
  });

  it('when a node shows its certificate as a client, or a client as a node', async () => {
    const one = newAuthority();
    const port = await serve(one.certificate, one.newIdentity(loopback));
    expect(await ask(port, one.certificate, one.newIdentity(loopback))).not.toBe('hello');
    const wrong = await serve(
      one.certificate,
      one.newIdentity({ ...client, hosts: ['127.0.0.1'] }),
    );
    expect(await ask(wrong, one.certificate, one.newIdentity(client))).toBe('INVALID_PURPOSE');
  });

  it('at an address that the certificate does not name', async () => {
    const one = newAuthority();
    const port = await serve(
      one.certificate,
      one.newIdentity({ name: 'n', hosts: ['10.0.0.1', 'node.example'], use: 'registry' }),
    );
    const mine = one.newIdentity(client);
    expect(await ask(port, one.certificate, mine)).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await ask(port, one.certificate, mine, 'node.example')).toBe('hello');
  });
});

describe('a request', () => {
  const days = 30;

  it('gives its key alone: names, extensions and lifetime are the authority’s', () => {
    const one = newAuthority();
    const { csr } = request([
      ...['-addext', 'subjectAltName=DNS:frontend.example,IP:10.9.9.9'],
      ...['-addext', 'basicConstraints=critical,CA:TRUE'],
      ...['-addext', 'extendedKeyUsage=clientAuth'],
    ]);
    const made = new X509Certificate(
      one.issue({ csr, name: 'node1', hosts: ['10.1.1.1', 'fd00::1'], use: 'node', days }),
    );
    expect(made.subject).toBe('CN=node1');
    expect(made.subjectAltName).toBe('IP Address:10.1.1.1, IP Address:FD00:0:0:0:0:0:0:1');
    expect(made.ca).toBe(false);
    expect(made.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    const last = made.validToDate.getTime() - clock.now();
    expect(Math.abs(last - days * 86_400_000)).toBeLessThan(10_000);
  });

  it('is refused when it is not signed with its own key', () => {
    const { csr } = request();
    const der = Buffer.from(csr.replaceAll(/-----.*-----/g, ''), 'base64');
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const broken = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(() => newAuthority().issue({ csr: broken, ...loopback, days })).toThrow(
      'not signed with its own key',
    );
  });

  it.each([
    ['nonsense', 'cannot be read'],
    [
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----',
      'cannot be read',
    ],
    ['-----BEGIN CERTIFICATE REQUEST-----'.padEnd(100_000, 'A'), 'cannot be read'],
  ])('is refused when it is none (%#)', (csr, reason) => {
    expect(() => newAuthority().issue({ csr, ...loopback, days })).toThrow(reason);
  });

  it('is refused with a weak key', () => {
    const { csr } = request(['-newkey', 'rsa:1024']);
    expect(() => newAuthority().issue({ csr, ...loopback, days })).toThrow('below 2048 bits');
    const strong = request(['-newkey', 'rsa:2048']);
    expect(newAuthority().issue({ csr: strong.csr, ...loopback, days })).toContain('BEGIN');
  });

  it.each(['*.example', 'a b', '', '-x', 'a/b'])(
    'is refused for a host that is none: %j',
    (host) => {
      const { csr } = request();
      expect(() => newAuthority().issue({ csr, ...loopback, hosts: [host], days })).toThrow(
        'neither a host name nor an address',
      );
    },
  );
});

it('is what openssl takes for an authority and its certificates', () => {
  const one = newAuthority();
  const at = folder();
  writeFileSync(join(at, 'ca.pem'), one.certificate);
  const verify = (purpose: string, { certificate }: Identity) => {
    writeFileSync(join(at, 'one.pem'), certificate);
    const flags = ['-x509_strict', '-purpose', purpose, '-CAfile', join(at, 'ca.pem')];
    return execFileSync('openssl', ['verify', ...flags, join(at, 'one.pem')], { encoding: 'utf8' });
  };
  expect(verify('sslserver', one.newIdentity(loopback))).toContain('OK');
  expect(verify('sslclient', one.newIdentity(client))).toContain('OK');
  const shown = execFileSync(
    'openssl',
    ['x509', '-noout', '-fingerprint', '-sha256', '-in', join(at, 'ca.pem')],
    { encoding: 'utf8' },
  );
  expect(shown.trim().split('=')[1]).toBe(one.fingerprint);
});

it('never vouches beyond its own end', () => {
  const one = newAuthority();
  const made = new X509Certificate(one.newIdentity({ ...client, days: 100_000 }).certificate);
  const own = new X509Certificate(one.certificate);
  expect(made.validTo).toBe(own.validTo);
});

it('refuses to start from a key that is not its own', () => {
  const [one, other] = [newAuthority(), newAuthority()];
  const stored = { key: one.key, certificate: other.certificate };
  expect(() => createAuthority({ clock, random, stored })).toThrow('do not belong');
});
