import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from './caddy.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const units = join(root, 'ops/systemd');
const packaged = '/lib/systemd/system';
const names = readdirSync(units).filter((name) => /\.(service|timer)$/.test(name));

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder('joh-units');
  cpSync(units, folder.path, { recursive: true });
  for (const name of ['docker.service', 'docker.socket', 'caddy.service']) {
    const file = join(packaged, name);
    if (!existsSync(file))
      throw new Error(`this test needs ${file}: apt-get install docker.io caddy`);
    copyFileSync(file, join(folder.path, name));
  }
  // Where operators put the product.
  for (const name of readdirSync(folder.path, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(service|conf|sh)$/.test(name)) continue;
    const file = join(folder.path, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('/opt/joh', root));
  }
});
afterAll(() => folder?.remove());

describe('systemd', () => {
  it.each([...names, 'docker.service', 'caddy.service'])(
    'has nothing to say against %s',
    (name) => {
      const { status, stderr } = systemd(['verify', '--man=no', join(folder.path, name)]);
      // Other units of this machine are not ours to judge.
      const said = stderr
        .split('\n')
        .filter((line) => line.includes(folder.path) || line.startsWith(name));
      expect(said).toEqual([]);
      expect(status, stderr).toBe(0);
    },
  );

  it.each([
    ['joh-frontend-master.service', 2],
    ['joh-registry.service', 3],
    ['joh-registry-push.service', 2],
  ])('calls %s well confined', (name, exposureMax) => {
    const file = join(folder.path, name);
    const { stdout } = systemd(['security', '--offline=yes', '--no-pager', file]);
    const [, exposure = '10'] = /Overall exposure level for .*: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure), stdout).toBeLessThanOrEqual(exposureMax);
  });

  it('keeps secrets out of the log: Caddy does not print its environment', () => {
    const text = readFileSync(join(units, 'caddy.service.d/joh.conf'), 'utf8');
    expect(text).toMatch(/^ExecStart=$/m);
    expect(text).not.toMatch(/^Exec.*--environ/m);
  });
});

it('FrontendMaster has the same flags of Node wherever it is started', () => {
  const flags = JSON.parse(
    readFileSync(join(root, 'apps/frontend-master/node-flags.json'), 'utf8'),
  ) as string[];
  const unit = readFileSync(join(units, 'joh-frontend-master.service'), 'utf8');
  const nix = readFileSync(join(root, 'ops/nixos/frontend-master.nix'), 'utf8');
  const image = readFileSync(join(root, 'ops/swarm/Dockerfile'), 'utf8');
  expect(unit).toContain(`bin/node ${flags.join(' ')} apps/`);
  expect(nix).toContain(`bin/node ${flags.join(' ')} apps/`);
  expect(image).toContain(`bin/node", ${flags.map((flag) => `"${flag}", `).join('')}"apps/`);
});

describe('what waits for FrontendMaster', () => {
  const wait = (environment: Record<string, string>) =>
    spawn(join(units, 'await-frontend-master.sh'), {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, ...environment },
    });

  it('returns when it answers', async () => {
    const [port = 0] = await freePorts(1);
    const waiting = wait({ JOH_PORT: String(port), MAINPID: String(process.pid) });
    const server = createServer((_request, response) => response.end());
    server.listen(port, '127.0.0.1');
    const [code] = await once(waiting, 'exit');
    server.closeAllConnections();
    server.close();
    expect(code).toBe(0);
  });

  it('gives up when its process has gone', async () => {
    const [port = 0] = await freePorts(1);
    const gone = spawn('true');
    await once(gone, 'exit');
    const [code] = await once(wait({ JOH_PORT: String(port), MAINPID: String(gone.pid) }), 'exit');
    expect(code).toBe(1);
  });
});

function systemd(parameters: string[]) {
  const { status, stdout, stderr, error } = spawnSync('systemd-analyze', parameters, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, SYSTEMD_UNIT_PATH: `${folder.path}:`, SYSTEMD_COLORS: '0' },
  });
  if (error) throw new Error('this test needs systemd-analyze: apt-get install systemd');
  return { status, stdout, stderr };
}
