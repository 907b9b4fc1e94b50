import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { benches } from './benches.ts';

const run = (...names: string[]) =>
  spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...names], {
    encoding: 'utf8',
    timeout: 15_000,
  });

it('lists every bench with one line each', () => {
  const { status, stdout } = run();
  expect(status).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.split(' ')[0])).toEqual(benches.map(({ name }) => name));
  for (const line of lines) expect(line).toMatch(/^[a-z-]+ +[A-Z].*\.$/);
});

it('refuses a name that it does not know, with those it knows', () => {
  const { status, stdout, stderr } = run('nothing');
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('There is no bench "nothing"');
  expect(stderr).toContain('claim');
});
