import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@joh/clock';
import { isAlive, type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limits } from '#limits';
import { runNix } from './nix-process.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('nix-process');
});
afterEach(() => folder.remove());

const run = (script: string, more: Partial<Parameters<typeof runNix>[1]> = {}) =>
  runNix(['/bin/sh', '-c', script], {
    cwd: folder.path,
    env: { PATH: '/usr/bin:/bin' },
    clock: systemClock(),
    signal: AbortSignal.timeout(15_000),
    onLine: () => undefined,
    ...more,
  });

test('what it prints and what it says are apart; a line without end is cut and goes on as nothing', async () => {
  const lines: string[] = [];
  const long = limits.nixMessageCharactersMax + 100_000;
  const script = `echo /nix/store/x; echo one >&2; head -c ${long} /dev/zero | tr '\\0' x >&2; echo end >&2; echo two >&2; printf last >&2; exit 3`;
  const ended = await run(script, { onLine: (line) => lines.push(line) });
  expect(ended).toEqual({ exitCode: 3, signal: null, output: ['/nix/store/x'] });
  expect(lines.map((line) => line.slice(0, 10))).toEqual(['one', 'x'.repeat(10), 'two', 'last']);
  expect(lines[1]!.length).toBeLessThanOrEqual(limits.nixMessageCharactersMax);
});

test('a stop ends builders in sessions of their own, though all of them take no notice', async () => {
  const stop = new AbortController();
  const script = `trap '' TERM INT
    setsid sh -c 'trap "" TERM; echo $$ > builder; while :; do sleep 600; done' &
    while [ ! -s builder ]; do sleep 0.05; done
    echo begun >&2; while :; do sleep 600; done`;
  const reason = new Error('stopped');
  let asked = 0;
  const ended = run(script, {
    signal: stop.signal,
    // The grace is over at once.
    clock: {
      ...systemClock(),
      after: (_ms, fn) => {
        asked += 1;
        setImmediate(fn);
        return () => undefined;
      },
    },
    onLine: (line) => line === 'begun' && stop.abort(reason),
  });
  await expect(ended).rejects.toBe(reason);
  expect(asked).toBe(1);
  const builder = Number(await readFile(join(folder.path, 'builder'), 'utf8'));
  await expect.poll(() => isAlive(builder)).toBe(false);
});

test('a program that is not there is a fault', async () => {
  const options = { cwd: folder.path, env: {}, clock: systemClock(), onLine: () => undefined };
  const started = runNix(['/nowhere/nix-build'], { ...options, signal: AbortSignal.timeout(5000) });
  await expect(started).rejects.toMatchObject({ code: 'E_PROCESS_FAILED' });
});
