import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { waitFor } from '../wait-for.ts';
import { startDockerHost } from './docker-host.ts';
import { askEngine } from './engine-request.ts';
import { type Traces, tracesOf } from './traces.ts';

const ping = (socketPath: string) => askEngine(socketPath, '/_ping');

it('a Docker daemon comes, is killed, comes back, and goes without a trace', async () => {
  const [one, two] = await Promise.all([startDockerHost(), startDockerHost()]);
  expect(tracesOf(one.traces).join('\n')).toMatch(
    /process \d+ .*dockerd.*namespace .*link .*folder /s,
  );
  expect([await ping(one.socketPath), await ping(two.socketPath)]).toEqual(['OK', 'OK']);
  await one.kill();
  await expect(ping(one.socketPath)).rejects.toThrow();
  await one.start();
  expect(await ping(one.socketPath)).toBe('OK');
  one.freeze();
  await Promise.all([one.remove(), two.remove()]);
  expect([...tracesOf(one.traces), ...tracesOf(two.traces)]).toEqual([]);
});

it('a Docker daemon goes without a trace when its test is killed', async () => {
  const script = `const { startDockerHost } = await import('./docker-host.ts');
    console.log(JSON.stringify((await startDockerHost()).traces));`;
  const test = spawn(process.execPath, ['--input-type=module', '-e', script], {
    ...{ cwd: join(import.meta.dirname), stdio: ['pipe', 'pipe', 'inherit'] },
  });
  const [line] = await once(createInterface({ input: test.stdout }), 'line');
  const left: Traces = JSON.parse(line);
  expect(tracesOf(left)).not.toEqual([]);
  test.kill('SIGKILL');
  await waitFor(() => tracesOf(left).length === 0, { deadlineMs: 20_000 });
});
