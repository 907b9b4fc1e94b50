import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { createFakeEngine } from '@joh/engine';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger, readConfiguration } from '#platform';
import { type FrontendMaster, startFrontendMaster } from './frontend-master.ts';

const clock = systemClock();
let folder: TemporaryFolder;
let frontendMaster: FrontendMaster;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  folder = await temporaryFolder('joh-operators');
  frontendMaster = await startFrontendMaster({
    configuration: readConfiguration({ JOH_DATA: folder.path, JOH_PORT: '0', JOH_LOG: 'silent' })
      .values,
    environment: {},
    root: join(import.meta.dirname, '..', '..', '..'),
    clock,
    random: systemRandom(),
    logger: createLogger({ level: 'silent' }),
    engine: createFakeEngine({ clock }),
  });
  for (const name of ['operator', 'grace']) {
    const form = { name, email: `${name}@example.org`, password: 'correct horse' };
    const { token } = (await (await ask('POST', '/api/auth/sign-up', null, form)).json()) as {
      token: string;
    };
    tokens[name] = token;
  }
});
afterAll(async () => {
  await frontendMaster?.stop();
  await folder?.remove();
});

/** Everything that is for operators. What they ask for here has no effect. */
const calls: [method: string, path: string, body?: unknown][] = [
  ['GET', '/operator'],
  ['GET', '/api/rack'],
  ['PUT', '/api/pool', {}],
  ['POST', '/api/nodes/joins', { name: 'node1', host: '127.0.0.1' }],
  ['POST', '/api/nodes/none/drain'],
  ['POST', '/api/nodes/none/return'],
  ['DELETE', '/api/nodes/none'],
];

describe('what is for operators', () => {
  it.each(calls)('%s %s is refused to everybody else', async (method, path, body) => {
    const other = await ask(method, path, 'grace', body);
    expect(other.status).toBe(403);
    expect(await other.text()).toContain('Only an operator may see or change this.');
    const nobody = await ask(method, path, null, body);
    // A person's browser is sent to sign in.
    expect(nobody.status).toBe(path === '/operator' ? 302 : 401);
    expect((await ask(method, path, 'operator', body)).status).not.toBe(403);
  });
});

function ask(method: string, path: string, who: string | null, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = {};
  if (who) headers.authorization = `Bearer ${tokens[who]}`;
  if (body) headers['content-type'] = 'application/json';
  return fetch(frontendMaster.url + path, {
    method,
    headers,
    redirect: 'manual',
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}
