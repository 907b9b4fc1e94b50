import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createAuthority } from '@joh/authority';
import { systemClock, systemRandom } from '@joh/clock';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from './caddy.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const program = '/usr/bin/docker-registry';
const authority = createAuthority({ clock: systemClock(), random: systemRandom() });

let folder: TemporaryFolder;
let nodesPort = 0;
let pushPort = 0;
const children: ChildProcess[] = [];

beforeAll(async () => {
  if (!existsSync(program))
    throw new Error(`this test needs ${program}: apt-get install docker-registry`);
  folder = await temporaryFolder('joh-registry');
  for (const name of ['data', 'certificate']) mkdirSync(join(folder.path, name));
  [nodesPort = 0, pushPort = 0] = await freePorts(2);
});
afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
  await folder?.remove();
});

describe('the registry', () => {
  it('gets its certificate from the authority of FrontendMaster', () => {
    const told = issue({});
    expect(told.stderr).toContain('authority.json cannot be read; FrontendMaster makes it');
    const { key, certificate } = authority;
    writeFileSync(
      join(folder.path, 'data', 'authority.json'),
      JSON.stringify({ key, certificate }),
    );
    expect(issue({ JOH_REGISTRY: '' }).stderr).toContain('set JOH_REGISTRY');
    expect(issue({})).toMatchObject({ status: 0, stderr: '' });
    expect(statSync(join(folder.path, 'certificate', 'key.pem')).mode & 0o777).toBe(0o600);
  });

  it('takes images on loopback, and gives them to nodes over TLS', async () => {
    start('push.yml', { REGISTRY_HTTP_ADDR: `127.0.0.1:${pushPort}` });
    const at = (name: string) => join(folder.path, 'certificate', name);
    start('nodes.yml', {
      REGISTRY_HTTP_ADDR: `127.0.0.1:${nodesPort}`,
      REGISTRY_HTTP_TLS_CERTIFICATE: at('certificate.pem'),
      REGISTRY_HTTP_TLS_KEY: at('key.pem'),
    });
    for (const port of [pushPort, nodesPort]) {
      await waitFor(async () => (await ask(port, 'GET', '/v2/')).status === 200, {
        deadlineMs: 20_000,
        what: `a registry listens on ${port}`,
      });
    }
    const blob = Buffer.from('a layer');
    const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
    const { headers } = await ask(pushPort, 'POST', '/v2/joh-session/blobs/uploads/');
    const to = new URL(String(headers.location));
    to.searchParams.set('digest', digest);
    expect(await ask(pushPort, 'PUT', to.pathname + to.search, blob)).toMatchObject({
      status: 201,
    });
    const pulled = await ask(nodesPort, 'GET', `/v2/joh-session/blobs/${digest}`);
    expect(pulled).toMatchObject({ status: 200, body: 'a layer' });
  });

  it('lets nobody change an image where nodes pull', async () => {
    for (const [method, path] of [
      ['POST', '/v2/joh-session/blobs/uploads/'],
      ['PUT', '/v2/joh-session/manifests/latest'],
      ['DELETE', `/v2/joh-session/blobs/sha256:${'0'.repeat(64)}`],
    ] as const) {
      const { status } = await ask(nodesPort, method, path);
      expect([404, 405], `${method} ${path}`).toContain(status);
    }
    const { status } = await ask(nodesPort, 'POST', '/v2/joh-session/blobs/uploads/');
    expect(status).toBe(405);
    await expect(ask(nodesPort, 'GET', '/v2/', undefined, false)).rejects.toThrow(/certificate/);
  });
});

function issue(environment: Record<string, string>) {
  const main = join(root, 'apps/frontend-master/src/main.ts');
  const parameters = [main, 'registry-certificate', join(folder.path, 'certificate')];
  return spawnSync(process.execPath, parameters, {
    encoding: 'utf8',
    env: {
      JOH_DATA: join(folder.path, 'data'),
      JOH_REGISTRY: `127.0.0.1:${nodesPort}`,
      ...environment,
    },
  });
}

/** Storage in the test's folder; everything else as operators get it. */
function start(file: string, environment: Record<string, string>): void {
  const child = spawn(program, ['serve', join(root, 'ops/registry', file)], {
    stdio: 'ignore',
    env: {
      REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: join(folder.path, 'images'),
      OTEL_TRACES_EXPORTER: 'none',
      ...environment,
    },
  });
  children.push(child);
}

async function ask(port: number, method: string, path: string, body?: Buffer, isTrusted = true) {
  const about = { host: '127.0.0.1', port, method, path, agent: false, timeout: 5_000 };
  const trust = isTrusted ? { ca: authority.certificate } : {};
  const asked = port === nodesPort ? tlsRequest({ ...about, ...trust }) : plainRequest(about);
  asked.on('timeout', () => asked.destroy(new Error('no answer')));
  asked.end(body);
  const [answer] = await once(asked, 'response');
  const { statusCode, headers } = answer;
  return { status: statusCode as number, headers, body: await text(answer) };
}
