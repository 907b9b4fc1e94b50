import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import type { BuildEvent } from '@joh/protocol';
import { isAlive } from '@joh/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Builds, createBuilds } from '#builds';
import { createEventLog } from './event-log.ts';

/** Stand-ins for the tools, small shell programs on a PATH of their own; the real ones are in the slow test. */
const image = new URL('../../../../packages/bitstream/fixtures/up5k-memory.bin', import.meta.url);
let root = '';
let bin = '';
const open: Builds[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'joh-builds-'));
  bin = join(root, '.bin');
  await mkdir(bin);
  await mkdir(join(root, 'src'));
  await writeFile(join(root, 'src/top.v'), '');
  await writeFile(join(root, 'pins.pcf'), '');
  await writeFile(
    join(root, 'joh.json'),
    JSON.stringify({
      board: 'icebreaker',
      top: 'top',
      sources: ['src/*.v'],
      constraints: 'pins.pcf',
    }),
  );
  await tool('yosys', 'echo "src/top.v:1: Warning: odd."; echo "src/top.v:1: Warning: odd."');
  await tool('nextpnr-ice40', 'echo Info: routed >&2');
  await tool('icepack', `cp '${image.pathname}' "$2"`);
});
afterEach(async () => {
  for (const builds of open.splice(0)) await builds.close();
  await rm(root, { recursive: true, force: true });
});

async function tool(name: string, script: string): Promise<void> {
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, name), 0o755);
}

function builds(): Builds {
  const created = createBuilds({
    root,
    clock: systemClock(),
    random: systemRandom(),
    environment: async () => ({ PATH: `${bin}:/usr/bin:/bin` }),
    embedded: ['/bin/false'],
  });
  open.push(created);
  return created;
}

async function all(from: Builds, id: string): Promise<BuildEvent[]> {
  const events: BuildEvent[] = [];
  for await (const event of from.events(id, AbortSignal.timeout(10_000))) events.push(event);
  return events;
}

test('stages, lines, problems once, then done; the bitstream is known and kept', async () => {
  const it = builds();
  const told: string[] = [];
  it.onChanged(({ state }) => told.push(state));
  const id = await it.start();
  const events = await all(it, id);
  expect(events.flatMap((event) => (event.type === 'stage' ? [event.stage] : []))).toEqual([
    'synthesis',
    'place and route',
    'pack',
  ]);
  expect(events.filter(({ type }) => type === 'problem')).toHaveLength(1);
  const build = await it.latest();
  expect(events.at(-1)).toEqual({ type: 'done', build });
  expect(build).toMatchObject({
    id,
    state: 'succeeded',
    toolchain: 'native',
    board: 'icebreaker',
    failure: null,
    bitstream: { path: join(root, 'build/top.bin'), device: 'up5k', crc: 'valid' },
  });
  expect(told).toEqual(['running', 'succeeded']);
  // Late, and in an agent that started later.
  expect(await all(it, id)).toEqual(events);
  const later = builds();
  expect(await later.latest()).toEqual(build);
  expect(await all(later, id)).toEqual([{ type: 'done', build }]);
  await expect(all(later, 'build_other')).rejects.toMatchObject({ code: 'E_BUILD_UNKNOWN' });
});

test('a failed build says where and why, and keeps the last good bitstream', async () => {
  const it = builds();
  await all(it, await it.start());
  await tool('yosys', 'echo "src/top.v:3: ERROR: syntax error" >&2; exit 1');
  await all(it, await it.start());
  expect(await it.latest()).toMatchObject({
    state: 'failed',
    failure: 'The build failed in synthesis: syntax error.',
    problems: [{ path: join(root, 'src/top.v'), line: 3, severity: 'error' }],
    bitstream: null,
  });
  expect(await readFile(join(root, 'build/top.bin'))).toEqual(await readFile(image));
});

test('a tool that writes rubbish does not replace the bitstream either', async () => {
  const it = builds();
  await all(it, await it.start());
  await tool('icepack', 'echo rubbish > "$2"');
  await all(it, await it.start());
  expect(await it.latest()).toMatchObject({ state: 'failed', failure: /not a bitstream/ });
  expect(await readFile(join(root, 'build/top.bin'))).toEqual(await readFile(image));
});

test('one at a time; cancelling ends the tool and its children', async () => {
  await tool('nextpnr-ice40', 'sleep 600 & echo $! > child; echo ready; wait');
  const it = builds();
  const id = await it.start();
  await expect(it.start()).rejects.toMatchObject({ code: 'E_BUILD_RUNNING' });
  for await (const event of it.events(id, AbortSignal.timeout(10_000)))
    if (event.type === 'log' && event.text === 'ready') break;
  await it.cancel(id);
  expect(await it.latest()).toMatchObject({ id, state: 'cancelled', failure: null });
  const child = Number(await readFile(join(root, 'child'), 'utf8'));
  await expect.poll(() => isAlive(child)).toBe(false);
  await expect(it.cancel(id)).rejects.toMatchObject({ code: 'E_BUILD_UNKNOWN' });
});

test('without all native tools the embedded ones are taken', async () => {
  await rm(join(bin, 'icepack'));
  const it = createBuilds({
    root,
    clock: systemClock(),
    random: systemRandom(),
    environment: async () => ({ PATH: bin }),
    embedded: ['/bin/sh', '-c', 'echo "embedded $0 $1"; exit 3'],
  });
  open.push(it);
  const events = await all(it, await it.start());
  expect(events).toContainEqual({ type: 'log', stage: 'synthesis', text: 'embedded yosys -Q' });
  expect(await it.latest()).toMatchObject({
    toolchain: 'embedded',
    state: 'failed',
    failure: 'The build failed in synthesis: yosys ended with 3.',
  });
});

test('a description that is wrong starts nothing', async () => {
  await writeFile(join(root, 'joh.json'), '{}');
  const it = builds();
  await expect(it.start()).rejects.toMatchObject({ code: 'E_BUILD_CONFIGURATION' });
  expect(await it.latest()).toBeNull();
});

test('a log without end is bounded, and stages stay', async () => {
  const log = createEventLog();
  log.add({ type: 'stage', stage: 'synthesis', message: 'yosys' });
  for (let line = 0; line < 2000; line++)
    log.add({ type: 'log', stage: 'synthesis', text: `${line} ${'x'.repeat(4000)}` });
  log.add({ type: 'stage', stage: 'pack', message: 'icepack' });
  const seen: BuildEvent[] = [];
  for await (const event of log.follow(AbortSignal.timeout(5000))) {
    seen.push(event);
    if (event.type === 'stage' && event.stage === 'pack') break;
  }
  expect(seen[0]).toMatchObject({ type: 'stage', stage: 'synthesis' });
  expect(seen.length).toBeLessThan(600);
  expect(seen.at(-2)).toMatchObject({ text: expect.stringMatching(/^1999 /) });
});
