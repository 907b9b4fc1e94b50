import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { startDockerHost } from './docker-host.ts';

const status = (socketPath: string) =>
  new Promise<number>((resolve, reject) => {
    const asked = request({ socketPath, path: '/_ping' }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });

it('a Docker daemon comes, is killed, comes back, and goes without a trace', async () => {
  const namespaces = () => spawnSync('ip', ['netns'], { encoding: 'utf8' }).stdout;
  const [one, two] = await Promise.all([startDockerHost(), startDockerHost()]);
  const folder = dirname(one.socketPath);
  const name = one.network.enter[1]?.split('/').at(-1) ?? 'none';
  expect(namespaces()).toContain(name);
  expect([await status(one.socketPath), await status(two.socketPath)]).toEqual([200, 200]);
  await one.kill();
  await expect(status(one.socketPath)).rejects.toThrow();
  await one.start();
  expect(await status(one.socketPath)).toBe(200);
  await Promise.all([one.remove(), two.remove()]);

  expect(existsSync(folder)).toBe(false);
  expect(namespaces()).not.toContain(name);
  expect(spawnSync('ip', ['link'], { encoding: 'utf8' }).stdout).not.toContain(name);
  expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(folder);
  const lines = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => {
      try {
        return readFileSync(`/proc/${entry}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    });
  expect(lines.join('\n')).not.toContain(folder);
});
