import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId, systemClock, systemRandom } from '@joh/clock';
import type { ContainerId } from '@joh/protocol';
import { startFakeFrontend, type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ConformanceSubject,
  engineConformance,
  nixCases,
  severalNodes,
} from '../conformance.ts';
import type { ContainerSpec, Engine } from '../engine.ts';
import { createLocalEngine } from './local-engine.ts';
import { readEnvironment, readProcess, readProcesses } from './process-table.ts';

const clock = systemClock();
const idle = 'setInterval(() => {}, 1e6);';

/** A stand-in for the agent's bundles. */
async function bundles(folder: string, agent: string, host = idle): Promise<string> {
  const path = join(folder, 'bundles');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'agent.js'), agent);
  await writeFile(join(path, 'pty-host.js'), host);
  await writeFile(join(path, 'package.json'), '{"type":"commonjs"}');
  return path;
}

const engineOn = (data: string, agent: string, isolation: 'auto' | 'none') =>
  createLocalEngine({
    ...{ clock, data, agent, isolation, nodeBinary: process.execPath },
    environment: process.env,
  });

async function subject(isolation: 'auto' | 'none'): Promise<ConformanceSubject> {
  const folder = await temporaryFolder('joh-local');
  const data = join(folder.path, 'data');
  const agent = await bundles(folder.path, idle);
  return {
    engine: engineOn(data, agent, isolation),
    another: async (installation) =>
      engineOn(installation === 'same' ? data : join(folder.path, 'other'), agent, isolation),
    kill: async (id) => {
      const text = await readFile(join(data, 'containers', id, 'process.json'), 'utf8');
      process.kill(JSON.parse(text).pid, 'SIGKILL');
    },
    silence: async () => undefined,
    answer: async () => undefined,
    close: () => folder.remove(),
  };
}

for (const isolation of ['none', 'auto'] as const) {
  engineConformance({
    name: isolation === 'none' ? 'local, plain' : 'local, bubblewrap',
    create: () => subject(isolation),
    skip: [
      {
        case: 'says so when the daemon is silent, and recovers',
        reason: 'there is no daemon between FM and its child processes',
      },
      ...severalNodes.map((name) => ({ case: name, reason: 'it has one node' })),
      ...nixCases.map((name) => ({ case: name, reason: 'it has no images' })),
    ],
  });
}

describe.each(['none', 'auto'] as const)('local engine, isolation %s', (isolation) => {
  let folder: TemporaryFolder;
  let data: string;
  let engine: Engine;
  const signal = () => AbortSignal.timeout(15_000);
  beforeAll(async () => {
    folder = await temporaryFolder('joh-local');
    data = join(folder.path, 'data');
    engine = engineOn(data, await bundles(folder.path, idle), isolation);
    if (
      isolation === 'auto' &&
      !(await engine.nodes(signal()))[0]?.isolation.note.includes('bubble')
    ) {
      throw new Error('this test needs bubblewrap that works: apt-get install bubblewrap');
    }
  });
  afterAll(async () => {
    for (const { id } of await engine.list(signal())) await engine.destroy(id, signal());
    await engine.close();
    await folder.remove();
  });
  const spec = (): ContainerSpec => {
    const id = newId('container', systemRandom()) as ContainerId;
    return {
      id,
      node: 'local' as ContainerSpec['node'],
      class: 'standard',
      resources: { cores: 1, memoryBytes: 2 ** 27 },
      environment: {
        JOH_CONTAINER_ID: id,
        JOH_FRONTEND_URL: 'http://127.0.0.1:9',
        JOH_BOOT_TOKEN: `secret-of-${id}`,
      },
    };
  };
  const folderOf = (id: ContainerId) => join(data, 'containers', id);
  /** What the stand-in agent wrote about itself. */
  const said = (id: ContainerId) =>
    waitFor(async () => JSON.parse(await readFile(join(folderOf(id), 'work', 'said'), 'utf8')), {
      what: 'the agent has said what it sees',
      deadlineMs: 10_000,
    });

  it('gives the agent its token in a file of its own, and nowhere else', async () => {
    await bundles(
      folder.path,
      `const fs = require('node:fs');
       const file = process.env.JOH_BOOT_TOKEN_FILE;
       const said = { token: fs.readFileSync(file, 'utf8'), env: process.env, cwd: process.cwd() };
       fs.writeFileSync(process.env.JOH_WORK + '/new', JSON.stringify(said));
       fs.renameSync(process.env.JOH_WORK + '/new', process.env.JOH_WORK + '/said');
       ${idle}`,
    );
    const wanted = spec();
    await engine.create(wanted, signal());
    const { token, env } = await said(wanted.id);
    expect(token).toBe(`secret-of-${wanted.id}`);
    expect(env).toMatchObject({
      JOH_CONTAINER_ID: wanted.id,
      JOH_FRONTEND_URL: 'http://127.0.0.1:9',
      JOH_WORK: join(folderOf(wanted.id), 'work'),
      HOME: join(folderOf(wanted.id), 'home'),
    });
    expect((await stat(env.JOH_BOOT_TOKEN_FILE)).mode & 0o777).toBe(0o600);
    expect((await stat(env.JOH_RUN)).mode & 0o777).toBe(0o700);
    for (const { pid } of await readProcesses()) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      expect(line + (await readEnvironment(pid)).join(' ')).not.toContain(token);
    }
    await engine.destroy(wanted.id, signal());
    expect(existsSync(folderOf(wanted.id))).toBe(false);
  });

  it('starts the agent again, and the terminals go on', async () => {
    const mine = "require('node:fs').appendFileSync(process.env.JOH_WORK + '/NAME', 'x');";
    await bundles(
      folder.path,
      `${mine.replace('NAME', 'agents')} setTimeout(() => process.exit(1), 100);`,
      `${mine.replace('NAME', 'hosts')} ${idle}`,
    );
    const wanted = spec();
    await engine.create(wanted, signal());
    const read = (name: string) => readFile(join(folderOf(wanted.id), 'work', name), 'utf8');
    await waitFor(async () => (await read('agents')).length >= 2, { what: 'a second agent' });
    expect(await read('hosts')).toBe('x');
    expect(await readFile(join(folderOf(wanted.id), 'log'), 'utf8')).toContain(
      'agent ended with code 1',
    );
    await engine.destroy(wanted.id, signal());
  });

  it('ends the stubborn, the daemons and the disguised, and read-only folders', async () => {
    await bundles(
      folder.path,
      `const { spawn } = require('node:child_process');
       const fs = require('node:fs');
       const detached = { detached: true, stdio: 'ignore' };
       // Ignores every polite signal, in a session of its own.
       spawn('sh', ['-c', 'trap "" TERM HUP; sleep 1000; sleep 1000'], detached);
       // A daemon: its parent is gone, it kept the environment.
       spawn('sh', ['-c', 'setsid sleep 1001 & exit 0'], detached);
       // In disguise: no environment, a session of its own, but its parent lives.
       spawn('env', ['-i', 'setsid', 'sleep', '1002'], { stdio: 'ignore' });
       // Forks on and on.
       spawn('sh', ['-c', 'while :; do sleep 0.01 & done'], detached);
       const folder = process.env.JOH_WORK + '/store/sealed';
       fs.mkdirSync(folder, { recursive: true });
       fs.writeFileSync(folder + '/file', '');
       fs.chmodSync(folder, 0o555);
       fs.writeFileSync(process.env.JOH_WORK + '/said', '{}');
       ${idle}`,
    );
    const wanted = spec();
    await engine.create(wanted, signal());
    await said(wanted.id);
    const sleepers = () =>
      execFileSync(
        'sh',
        ['-c', 'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null; true'],
        {
          encoding: 'latin1',
          maxBuffer: 2 ** 26,
        },
      );
    await waitFor(
      () => ['1000', '1001', '1002'].every((one) => sleepers().includes(`sleep\0${one}`)),
      {
        what: 'all of them run',
      },
    );
    const began = performance.now();
    await engine.destroy(wanted.id, signal());
    const after = sleepers();
    expect(performance.now() - began).toBeLessThan(5_000);
    for (const one of ['1000', '1001', '1002']) expect(after).not.toContain(`sleep\0${one}`);
    expect(after).not.toContain(wanted.id);
    expect(existsSync(folderOf(wanted.id))).toBe(false);
  });

  it('runs the real agent: it registers, again after it was killed, and ends when forgotten', async () => {
    const real = join(import.meta.dirname, '../../../../apps/agent/dist');
    if (!existsSync(join(real, 'agent.js'))) {
      throw new Error('this test needs the agent: npm run -w apps/agent build');
    }
    const frontend = await startFakeFrontend();
    const own = engineOn(data, real, isolation);
    const wanted = spec();
    const environment = { ...wanted.environment, JOH_FRONTEND_URL: frontend.url };
    const { registrations } = frontend;
    const began = performance.now();
    await own.create({ ...wanted, environment }, signal());
    await waitFor(() => registrations[0], { what: 'it registers', deadlineMs: 10_000 });
    const registeredMs = Math.round(performance.now() - began);
    const agents = (await readProcesses()).map(async ({ pid }) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const mine = (await readEnvironment(pid)).includes(`JOH_CONTAINER_ID=${wanted.id}`);
      return mine && line.includes('node') && line.endsWith('/agent.js\0') ? [pid] : [];
    });
    const [pid, ...others] = (await Promise.all(agents)).flat();
    expect(others).toEqual([]);
    const token = join(folderOf(wanted.id), 'run', 'boot-token');
    await waitFor(() => !existsSync(token), { what: 'it has kept its credential' });
    process.kill(pid!, 'SIGKILL');
    await waitFor(() => registrations[1], { what: 'it registers again', deadlineMs: 10_000 });
    expect(registrations.map(({ token }) => token)).toEqual([
      `secret-of-${wanted.id}`,
      `credential-of-${wanted.id}`,
    ]);
    frontend.forget(wanted.id);
    const state = async () => (await own.list(signal())).find(({ id }) => id === wanted.id)?.state;
    await waitFor(async () => (await state()) === 'exited', { deadlineMs: 10_000 });
    const reason = (await own.list(signal())).find(({ id }) => id === wanted.id)?.reason;
    expect(reason).toBe('FrontendMaster does not know it any more.');
    const destroying = performance.now();
    await own.destroy(wanted.id, signal());
    const destroyedMs = Math.round(performance.now() - destroying);
    console.log(`local engine, isolation ${isolation}`, { registeredMs, destroyedMs });
    await own.close();
    await frontend.close();
  });

  it('keeps containers when FrontendMaster is killed, for the next one to find', async () => {
    const agent = await bundles(folder.path, idle);
    const wanted = spec();
    const options = { data, agent, isolation, nodeBinary: process.execPath, environment: {} };
    const script = `
      const { createLocalEngine } = await import(${JSON.stringify(join(import.meta.dirname, 'local-engine.ts'))});
      const { systemClock } = await import('@joh/clock');
      const engine = createLocalEngine({ clock: systemClock(), ...${JSON.stringify(options)} });
      await engine.create(${JSON.stringify(wanted)}, new AbortController().signal);
      process.kill(process.pid, 'SIGKILL');`;
    const cwd = join(import.meta.dirname, '../..');
    const done = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd,
      encoding: 'utf8',
    });
    expect(done).toMatchObject({ signal: 'SIGKILL', stderr: '' });
    const find = async () => (await engine.list(signal())).find(({ id }) => id === wanted.id);
    expect(await find()).toMatchObject({ state: 'running', class: 'standard' });
    await engine.destroy(wanted.id, signal());
    expect(await find()).toBeUndefined();
    for (const { pid } of await readProcesses()) {
      expect((await readEnvironment(pid)).join()).not.toContain(wanted.id);
    }
  });

  it('does not take a later process of the same number for its own', async () => {
    await bundles(folder.path, idle);
    const wanted = spec();
    await engine.create(wanted, signal());
    const path = join(folderOf(wanted.id), 'process.json');
    const real = JSON.parse(await readFile(path, 'utf8'));
    // As if the machine had given the number of a dead container to this very test.
    await writeFile(path, JSON.stringify({ ...real, pid: process.pid }));
    expect((await engine.list(signal())).find(({ id }) => id === wanted.id)?.state).toBe('exited');
    await engine.destroy(wanted.id, signal());
    await waitFor(async () => (await readProcess(real.pid))?.zombie ?? true, {
      what: 'its real process was found by its mark',
    });
  });

  it('destroys one whose creation nobody waits for any more', async () => {
    const wanted = spec();
    const left = AbortSignal.timeout(15_000);
    const created = engine.create(wanted, left);
    await engine.destroy(wanted.id, signal());
    await created;
    expect(await engine.list(signal())).toEqual([]);
    expect(existsSync(folderOf(wanted.id))).toBe(false);
  });

  it('lists a creation that was interrupted, so that it is destroyed', async () => {
    const { id } = spec();
    await mkdir(folderOf(id), { recursive: true });
    expect(await engine.list(signal())).toContainEqual(
      expect.objectContaining({ id, state: 'exited' }),
    );
    await engine.destroy(id, signal());
    expect(existsSync(folderOf(id))).toBe(false);
  });
});

describe('local engine without an agent', () => {
  it('says how to build it, and leaves nothing', async () => {
    const folder = await temporaryFolder('joh-local');
    const engine = engineOn(join(folder.path, 'data'), join(folder.path, 'none'), 'none');
    const signal = AbortSignal.timeout(5_000);
    const [node] = await engine.nodes(signal);
    expect(node).toMatchObject({ reachable: false, reason: expect.stringContaining('npm run') });
    const id = newId('container', systemRandom()) as ContainerId;
    const resources = { cores: 1, memoryBytes: 2 ** 27 };
    const spec = {
      id,
      node: node?.id as never,
      class: 'burst',
      resources,
      environment: {},
    } as const;
    await expect(engine.create(spec, signal)).rejects.toMatchObject({ code: 'E_ENGINE_REFUSED' });
    expect(await engine.list(signal)).toEqual([]);
    await engine.close();
    await folder.remove();
  });
});
