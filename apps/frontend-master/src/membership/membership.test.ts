import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRandom } from '@joh/clock';
import { fault, type NodeId, nodeJoinCreate } from '@joh/protocol';
import { type FakeClock, fakeClock } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { membershipLimits } from '#limits';
import { createLogger, openDataDirectory, openStore, type Store } from '#platform';
import { openAuthority } from './kept-authority.ts';
import { membershipMigrations } from './migrations.ts';
import { createMembership, type JoinReach, type Membership } from './service.ts';
import { createMembershipStore } from './store.ts';

const reach: JoinReach = {
  url: 'http://10.0.0.1:8788',
  door: { host: '10.0.0.1', port: 8788 },
  registry: null,
};
/** Nobody else lets machines in here. */
const limits = { ...membershipLimits, membersIntervalMs: 1e12 };
const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (text: string) => Buffer.from(text, 'base64').toString('utf8');
const wish = nodeJoinCreate.parse({ name: 'seven', host: '10.0.0.7', labels: { rack: '1' } });

describe('membership', () => {
  let folder: string;
  let clock: FakeClock;
  let store: Store;
  let membership: Membership;
  let reaches: () => JoinReach;
  const open = async () => {
    const data = openDataDirectory(folder);
    membership = createMembership({
      ...{ clock, random: systemRandom(), limits, reach: () => reaches() },
      taken: ['docker' as NodeId],
      authority: openAuthority({ data, clock, random: systemRandom() }),
      store: createMembershipStore(store),
      script: { text: '#!/bin/sh', hash: 'f'.repeat(64) },
      logger: createLogger({ level: 'silent' }),
    });
    data.unlock();
    await membership.start();
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'joh-membership-'));
    clock = fakeClock();
    const location = { file: ':memory:' };
    store = await openStore({ location, migrations: membershipMigrations, now: () => 0 });
    reaches = () => reach;
    await open();
  });
  afterEach(async () => {
    membership.stop();
    await store.close();
    rmSync(folder, { recursive: true });
  });
  const csr = () => {
    const key = join(folder, 'node.pem');
    const parameters = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    return execFileSync(
      'openssl',
      ['req', '-new', ...parameters, '-keyout', key, '-subj', '/CN=evil', '-batch'],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
  };
  const join_ = (token: string) => membership.join(token, { csr: encode(csr()), daemon: '' });
  const refused = { code: 'E_NODE_JOIN_REFUSED' };

  it('gives a machine a certificate for its own address, and is then commanded over TLS', async () => {
    const changes: string[] = [];
    membership.onChange(({ sentence }) => changes.push(sentence));
    const { token, authorityFingerprint, command } = await membership.createJoin(wish);
    // No secret on the command line: it comes on standard input.
    expect(command.split("<<'JOH'\n")[0]).not.toContain(token);
    expect(command).toContain(`\ntoken ${token}\n`);
    const answer = await join_(token);
    const certificate = new X509Certificate(decode(answer.certificate));
    const authority = new X509Certificate(decode(answer.authority));
    expect(authority.fingerprint256).toBe(authorityFingerprint);
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect(certificate.checkIP('10.0.0.7')).toBe('10.0.0.7');
    expect(certificate.subject).not.toContain('evil');
    expect([decode(answer.doorHost), decode(answer.doorPort)]).toEqual(['10.0.0.1', '8788']);
    const [host] = membership.hosts();
    expect(host).toMatchObject({
      ...{ node: 'seven', labels: { rack: '1' } },
      endpoint: { host: '10.0.0.7', port: 2376 },
    });
    expect(changes).toEqual(['seven joined; its Docker daemon is at 10.0.0.7:2376.']);
    await expect(join_(token)).rejects.toMatchObject(refused);
  });

  it('takes a token for 15 minutes, and keeps it when what the machine sent can be mended', async () => {
    const { token } = await membership.createJoin(wish);
    const broken = { csr: encode(csr()), daemon: encode('{"tlsverify": false}') };
    await expect(membership.join(token, broken)).rejects.toMatchObject({
      code: 'E_NODE_CONFIGURATION',
    });
    await expect(
      membership.join(token, { csr: encode('nonsense'), daemon: '' }),
    ).rejects.toMatchObject({ code: 'E_REQUEST_INVALID' });
    await clock.advance(membershipLimits.joinLifetimeMs);
    await expect(join_(token)).rejects.toMatchObject(refused);
    await expect(join_('unknown')).rejects.toMatchObject(refused);
  });

  it('lets the same machine join again, and no other under its name', async () => {
    await join_((await membership.createJoin(wish)).token);
    await expect(membership.createJoin({ ...wish, host: '10.0.0.8' })).rejects.toMatchObject({
      code: 'E_NODE_EXISTS',
    });
    await join_((await membership.createJoin(wish)).token);
    await expect(
      membership.createJoin({ ...wish, name: 'docker' as NodeId }),
    ).rejects.toMatchObject({ code: 'E_NODE_EXISTS' });
    expect(membership.hosts()).toHaveLength(1);
    expect(await membership.remove(wish.name)).toBe(true);
    expect(await membership.remove(wish.name)).toBe(false);
    expect(membership.hosts()).toEqual([]);
  });

  it('keeps its authority over a restart, for its owner alone, and renews what it shows', async () => {
    await join_((await membership.createJoin(wish)).token);
    const tls = () => {
      const [host] = membership.hosts();
      if (!host || !('tls' in host.endpoint)) throw new Error('no TLS');
      return host.endpoint.tls;
    };
    const before = tls();
    expect(tls().certificate).toBe(before.certificate);
    await clock.advance(16 * 24 * 3_600_000);
    expect(tls().certificate).not.toBe(before.certificate);
    membership.stop();
    await open();
    expect(tls().authority).toBe(before.authority);
    expect(statSync(join(folder, 'authority.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'authority.json'), 'utf8')).toContain('PRIVATE KEY');
    expect(membership.joined().get(wish.name)).toMatchObject({ notice: null });
    await clock.advance(
      membershipLimits.nodeCertificateDays * 24 * 3_600_000 - 30 * 24 * 3_600_000,
    );
    expect(membership.joined().get(wish.name)?.notice).toContain('join it again');
  });

  it('says at once why nobody can join', async () => {
    reaches = () => {
      throw fault('E_NODE_JOIN_IMPOSSIBLE', { reason: 'JOH_DOOR is not set' });
    };
    await expect(membership.createJoin(wish)).rejects.toThrow('JOH_DOOR is not set');
  });
});
