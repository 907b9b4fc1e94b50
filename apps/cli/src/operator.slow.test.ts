import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  type Product,
  startProduct,
  type TemporaryFolder,
  temporaryFolder,
  waitFor,
} from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** joh as an operator uses it, as a process, on a real FrontendMaster. */
describe('joh for operators', () => {
  let product: Product;
  let folder: TemporaryFolder;
  const environment = (name: string) => ({
    ...process.env,
    ...{ JOH_URL: product.url, JOH_CONFIG: join(folder.path, name) },
  });
  const joh = (parameters: string[], as = 'ada', input = '') => {
    const main = join(import.meta.dirname, 'main.ts');
    const done = spawnSync(process.execPath, [main, ...parameters, '--json'], {
      ...{ encoding: 'utf8', input, env: environment(as) },
    });
    const last = done.stdout.trim().split('\n').at(-1) ?? '';
    return { status: done.status, stderr: done.stderr, ...JSON.parse(last || '{}') };
  };
  beforeAll(async () => {
    folder = await temporaryFolder();
    const environment = {
      ...{ JOH_ENGINE: 'docker', DOCKER_HOST: 'unix:///nowhere/docker.sock' },
      ...{ JOH_DOOR: 'http://127.0.0.2:8789', JOH_POOL: 'standard=0/2,burst=0/0' },
    };
    product = await startProduct(environment, { warms: false });
    for (const name of ['ada', 'eve']) {
      const parameters = ['--email', `${name}@example.com`, '--name', name, '--password-stdin'];
      expect(joh(['signup', ...parameters], name, 'correct horse\n').status).toBe(0);
    }
  });
  afterAll(async () => {
    await product?.stop();
    await folder?.remove();
  });

  it('reaches at the door what joining machines and containers use, and nothing else', async () => {
    const statusOf = async (path: string) => (await fetch(`http://127.0.0.2:8789${path}`)).status;
    expect(await statusOf('/nodes/join.sh')).toBe(200);
    for (const path of ['/', '/api/nodes', '/api/nodes/joins', '/metrics', '/healthz', '/sign-in'])
      expect(await statusOf(path)).toBe(404);
  });

  it('changes the pool, and shows the change and who made it', async () => {
    const { status, pool } = joh(['pool', 'set', 'standard=1/3', '--refill', '12']);
    expect(status).toBe(0);
    expect(pool.wish).toMatchObject({ refillPerMinute: 12, classes: { standard: { max: 3 } } });
    expect(joh(['pool']).pool.wish).toEqual(pool.wish);
    const changed = await waitFor(() =>
      joh(['events']).events.find((one: { kind: string }) => one.kind === 'pool'),
    );
    expect(changed.sentence).toContain('ada changed the pool: standard 1 warm of at most 3');
  });

  it('prints what a machine is to be pasted, and nothing else on standard output', () => {
    const parameters = ['node', 'join', 'n1', '--host', '127.0.0.3', '--label', 'rack=2'];
    const { status, command, token } = joh([...parameters, '--no-wait']);
    expect(status).toBe(0);
    expect(command).toContain('http://127.0.0.2:8789/nodes/join.sh');
    expect(command).toContain(`token ${token}`);
  });

  it('waits for a machine, says when it came, and why it is not reached', async () => {
    const main = join(import.meta.dirname, 'main.ts');
    const parameters = ['node', 'join', 'n2', '--host', '127.0.0.3', '--json'];
    const child = spawn(process.execPath, [main, ...parameters], { env: environment('ada') });
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    const token = await waitFor(() => /^token (\S+)$/m.exec(said)?.[1], { deadlineMs: 15_000 });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await waitFor(() => said.includes('Waiting for n2'));
    const csr = spawnSync(
      'openssl',
      ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', '/dev/null', '-subj', '/CN=x'],
      { encoding: 'utf8' },
    ).stdout;
    const joined = await fetch('http://127.0.0.2:8789/api/nodes/join', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ csr: Buffer.from(csr).toString('base64'), daemon: '' }),
    });
    expect(joined.status).toBe(200);
    await waitFor(() => said.includes('n2 has joined'), { deadlineMs: 15_000 });
    child.kill('SIGINT');
    await ended;
    const n2 = joh(['nodes']).nodes.find(({ id }: { id: string }) => id === 'n2');
    expect(n2).toMatchObject({ state: 'unreachable', address: '127.0.0.3:2376' });
    expect(joh(['node', 'drain', 'n2']).node.id).toBe('n2');
    expect(joh(['node', 'return', 'n2']).node.id).toBe('n2');
    expect(joh(['node', 'remove', 'n2']).node).toBe('n2');
    expect(joh(['node', 'remove', 'n2']).error.code).toBe('E_NODE_UNKNOWN');
  });

  it('is for operators alone', () => {
    const code = 'E_ACCOUNT_NOT_OPERATOR';
    expect(joh(['events'], 'eve')).toMatchObject({ status: 1, error: { code } });
    expect(joh(['node', 'drain', 'docker'], 'eve').error.code).toBe(code);
    const parameters = ['node', 'join', 'n3', '--host', '127.0.0.3'];
    expect(joh(parameters, 'eve').error.code).toBe(code);
    expect(joh(['pool'], 'eve').pool.wish).toBeNull();
  });
});
