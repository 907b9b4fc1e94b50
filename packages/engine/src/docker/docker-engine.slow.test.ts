import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { newId, systemClock, systemRandom } from '@joh/clock';
import type { ContainerId } from '@joh/protocol';
import {
  type DockerHost,
  type FakeFrontend,
  nixSeed,
  startDockerHost,
  startFakeFrontend,
  waitFor,
} from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineConformance, severalNodes } from '../conformance.ts';
import { createInside, type Inside } from '../conformance-inside.ts';
import { keptBelow } from '../conformance-nix.ts';
import { buildTestImage, root } from '../conformance-rack.ts';
import type { ContainerSpec, Engine, EngineEvent } from '../engine.ts';
import { createDockerEngine, type DockerEngineOptions } from './docker-engine.ts';
import { createEngineApi, type EngineApi } from './engine-api.ts';

const clock = systemClock();
const nixImage = 'joh-session:nix';
/** The command line of one of the image's programs. */
const program = (name: string) => `/opt/joh/bin/node /opt/joh/agent/${name}.js`;
const signal = (ms = 20_000) => AbortSignal.timeout(ms);

let host: DockerHost;
let api: EngineApi;
let inside: Inside;
const figures: Record<string, number> = {};
const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  const result = await work();
  figures[name] = Math.round(performance.now() - began);
  return result;
};

beforeAll(async () => {
  host = await startDockerHost();
  api = createEngineApi({ clock, endpoint: { socketPath: host.socketPath } });
  const image = await timed('image_build_ms', () => buildTestImage(host));
  const seed = await nixSeed();
  await timed('nix_image_build_ms', () => buildTestImage(host, { tag: nixImage, seed }));
  figures.image_mb = Math.round(image.bytes / 1e6);
  inside = createInside(api);
});
afterAll(async () => {
  console.log('docker engine', figures);
  api?.close();
  await host?.remove();
});

const engineOn = (installation: string, options: Partial<DockerEngineOptions> = {}) =>
  createDockerEngine({ clock, installation, socketPath: host.socketPath, ...options });

/** A registry without an image, where the daemon takes one without TLS: on its own loopback. */
const emptyRegistry = async () => {
  const script = `require('http').createServer((asked, a) => a
      .writeHead(asked.url === '/v2/' ? 200 : 404, { 'content-type': 'application/json' })
      .end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const [nsenter = '', ...enter] = host.network.enter;
  const registry = spawn(nsenter, [...enter, process.execPath, '-e', script]);
  const [port] = await once(registry.stdout, 'data');
  return { address: `127.0.0.1:${Number(port)}`, close: () => registry.kill('SIGKILL') };
};

engineConformance({
  name: 'docker',
  skip: severalNodes.map((name) => ({ case: name, reason: 'it has one node' })),
  timeoutMs: 60_000,
  waitMs: 20_000,
  create: async () => {
    const registry = await emptyRegistry();
    return {
      engine: engineOn('test'),
      another: async (which) => engineOn(which === 'same' ? 'test' : 'strange'),
      kill: (id) => inside.kill(id),
      silence: () => host.kill(),
      answer: () => host.start(),
      images: { there: 'joh-session:dev', missing: `${registry.address}/joh-missing:1` },
      nix: { image: nixImage, sh: inside.sh, kept: keptBelow(host.traces.folder) },
      close: async () => void registry.close(),
    };
  },
});

describe('session container on a real daemon', () => {
  let engine: Engine;
  let frontend: FakeFrontend;
  beforeAll(async () => {
    engine = engineOn('test');
    frontend = await startFakeFrontend(host.network.testAddress);
  });
  afterAll(async () => {
    for (const { id } of await engine.list(signal())) await engine.destroy(id, signal());
    await engine.close();
    await frontend.close();
  });
  const spec = (): ContainerSpec => {
    const id = newId('container', systemRandom()) as ContainerId;
    return {
      id,
      node: 'docker' as ContainerSpec['node'],
      class: 'standard',
      resources: { cores: 0.75, memoryBytes: 384 * 2 ** 20 },
      environment: {
        JOH_CONTAINER_ID: id,
        JOH_FRONTEND_URL: frontend.url,
        JOH_BOOT_TOKEN: `boot-of-${id}`,
      },
    };
  };
  const sh: Inside['sh'] = (...line) => inside.sh(...line);
  /** Opens one by the pty host's own words; what is returned counts the lines its shell writes. */
  const openTerminal = async (id: ContainerId) => {
    const argv = ['/bin/sh', '-c', 'while :; do echo $$ >> /work/beats; sleep 0.1; done'];
    const size = { title: 'beats', columns: 80, rows: 24 };
    const create = { id: 1, verb: 'create', spawn: { argv, env: {}, cwd: '/work', ...size } };
    const script = `const socket = require('net').connect('/run/joh/pty-host.sock');
      socket.write('{"open":"verbs"}\\n' + ${JSON.stringify(JSON.stringify(create))} + '\\n');
      socket.on('data', (data) => { console.log(String(data)); process.exit(); });`;
    const encoded = Buffer.from(script).toString('base64');
    const answer = await sh(id, `/opt/joh/bin/node -e "$(echo ${encoded} | base64 -d)"`);
    expect(answer).toContain('"terminals"');
    await waitFor(async () => (await sh(id, 'cat /work/beats')).match(/^\d+\n/));
    return async () => {
      const lines = (await sh(id, 'cat /work/beats')).trim().split('\n');
      expect(new Set(lines).size).toBe(1);
      return lines.length;
    };
  };
  const registered = (id: ContainerId, times = 1) =>
    waitFor(
      () => frontend.registrations.filter(({ container }) => container === id).length >= times,
      { deadlineMs: 20_000, what: `${id} has registered ${times} times` },
    );

  it('its agent registers, with the boot token, then with its credential', async () => {
    const wanted = spec();
    await timed('create_to_registered_ms', async () => {
      await timed('create_ms', () => engine.create(wanted, signal()));
      await registered(wanted.id);
    });
    const first = frontend.registrations.find(({ container }) => container === wanted.id);
    expect(first?.token).toBe(`boot-of-${wanted.id}`);
    // s6 starts a killed agent again; the pty host and what it holds is not touched.
    const ptyHost = async () =>
      (await sh(wanted.id, `pgrep -fx '${program('pty-host')}' || true`)).trim();
    // It starts beside the agent, and nobody promised that it is the first.
    await waitFor(async () => /^\d+$/.test(await ptyHost()), { what: 'the pty host runs' });
    const holder = await ptyHost();
    const beats = await openTerminal(wanted.id);
    await timed('agent_killed_to_registered_ms', async () => {
      await sh(wanted.id, `kill -9 $(pgrep -fx '${program('agent')}')`);
      await registered(wanted.id, 2);
    });
    const before = await beats();
    await waitFor(async () => (await beats()) > before, { what: 'the terminal goes on' });
    expect(frontend.registrations.at(-1)?.token).toBe(`credential-of-${wanted.id}`);
    expect(await ptyHost()).toBe(holder);
    await timed('destroy_ms', () => engine.destroy(wanted.id, signal()));
  });

  it('is hardened and limited as asked, seen from inside', async () => {
    const [one, two] = [spec(), spec()];
    await Promise.all([engine.create(one, signal()), engine.create(two, signal())]);
    await registered(one.id);
    const status = await sh(one.id, 'cat /proc/self/status');
    expect(status).toMatch(/CapEff:\t0{16}/);
    expect(status).toMatch(/CapBnd:\t0{16}/);
    expect(status).toMatch(/NoNewPrivs:\t1/);
    expect(status).toMatch(/Seccomp:\t2/);
    const limits = await sh(
      one.id,
      `cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max 2>/dev/null;
       cat cpu/cpu.cfs_quota_us cpu.max 2>/dev/null; cat pids/pids.max pids.max 2>/dev/null; ulimit -n`,
    );
    expect(limits.split(/\s+/)).toEqual(
      expect.arrayContaining([String(384 * 2 ** 20), '75000', '512', '4096']),
    );
    for (const path of ['/', '/usr/bin', '/etc', '/opt/joh/agent', '/etc/joh/service']) {
      expect(await sh(one.id, `touch ${path}/x`)).toMatch(/Read-only file system/);
    }
    for (const path of ['/tmp', '/work', '/home/joh', '/run/joh']) {
      expect(await sh(one.id, `touch ${path}/x && echo written`)).toContain('written');
    }
    // Users of their own, with a name and a home.
    const users = await Promise.all([one, two].map(({ id }) => sh(id, 'id -u; whoami; echo ~')));
    expect(users[0]).not.toBe(users[1]);
    for (const user of users) expect(user).toMatch(/^20\d{3}\njoh\n\/home\/joh\n$/);
    // The token is in no environment, and its file goes with the first registration.
    const environments = await sh(
      one.id,
      `cat /proc/1/environ /proc/$(pgrep -fx '${program('agent')}')/environ | tr '\\0' '\\n'`,
    );
    expect(environments).toContain('JOH_BOOT_TOKEN_FILE=');
    expect(environments).not.toContain('JOH_BOOT_TOKEN=');
    await waitFor(async () => !(await sh(one.id, 'ls /run/joh')).includes('boot-token'));
    await Promise.all([one, two].map(({ id }) => engine.destroy(id, signal())));
  });

  it('its telemetry says the limits that were asked', async () => {
    const wanted = spec();
    await engine.create(wanted, signal());
    const from = frontend.telemetry.length;
    const sample = await waitFor(() => frontend.telemetry[from], { deadlineMs: 20_000 });
    expect(sample).toMatchObject({ cpuLimitCores: 0.75, memoryLimitBytes: 384 * 2 ** 20 });
    await engine.destroy(wanted.id, signal());
  });

  /** A listener on the machine that the daemon stands on, as FrontendMaster would be. */
  const listenBeside = async (address: string, answer: string) => {
    const script = `require('http').createServer((_, a) => a.end('${answer}')).listen(0, '${address}',
      function () { console.log(this.address().port) })`;
    const [nsenter = '', ...enter] = host.network.enter;
    const listener = spawn(nsenter, [...enter, process.execPath, '-e', script]);
    const [port] = await once(listener.stdout, 'data');
    return { port: Number(port), close: () => listener.kill('SIGKILL') };
  };
  const gatewayOf = async () => {
    const reach = await engine.frontendReach(signal());
    if (reach.reach !== 'address') throw new Error(`containers reach FM by ${reach.reach}`);
    return reach.host;
  };

  it('reaches FrontendMaster on the gateway, and no other container', async () => {
    const gateway = await gatewayOf();
    const listener = await listenBeside(gateway, 'frontend');
    try {
      const [one, two] = [spec(), spec()];
      await Promise.all([engine.create(one, signal()), engine.create(two, signal())]);
      expect(await inside.fetched(one.id, gateway, listener.port)).toContain('frontend');
      const { ipv4 } = await inside.serve(two.id, 'other');
      expect(await inside.fetched(two.id, ipv4, 8000)).toContain('other');
      expect(await inside.fetched(one.id, ipv4, 8000)).toContain('failed');
      await Promise.all([one, two].map(({ id }) => engine.destroy(id, signal())));
    } finally {
      listener.close();
    }
  });

  it('reaches nothing else of its host or of private networks after isolate.sh', async () => {
    const gateway = await gatewayOf();
    const isolate = (...parameters: string[]) => {
      const [nsenter = '', ...enter] = host.network.enter;
      execFileSync(nsenter, [...enter, join(root, 'ops/docker-host/isolate.sh'), ...parameters]);
    };
    const wanted = spec();
    await engine.create(wanted, signal());
    await registered(wanted.id);
    const [listener, secret] = await Promise.all([
      listenBeside(gateway, 'frontend'),
      listenBeside('0.0.0.0', 'secret'),
    ]);
    try {
      // The test's own end of the wire is the neighbour on a private network; it answers 404, in words.
      const seen = () =>
        Promise.all([
          inside.fetched(wanted.id, gateway, listener.port),
          inside.fetched(wanted.id, gateway, secret.port),
          inside.fetched(wanted.id, host.network.nodeAddress, secret.port),
          inside.fetched(
            wanted.id,
            new URL(frontend.url).hostname,
            Number(new URL(frontend.url).port),
          ),
        ]).then((all) => all.map((text) => /failed|frontend|secret|nothing/.exec(text)?.[0]));
      expect(await seen()).toEqual(['frontend', 'secret', 'secret', 'nothing']);
      isolate('joh0', String(listener.port));
      isolate('joh0', String(listener.port));
      expect(await seen()).toEqual(['frontend', 'failed', 'failed', 'failed']);
      isolate('--remove', 'joh0');
      expect(await seen()).toEqual(['frontend', 'secret', 'secret', 'nothing']);
    } finally {
      isolate('--remove', 'joh0');
      listener.close();
      secret.close();
    }
    await engine.destroy(wanted.id, signal());
  });

  it('ends when FrontendMaster does not know it any more, and says why it ended', async () => {
    const wanted = spec();
    await engine.create(wanted, signal());
    await registered(wanted.id);
    await waitFor(async () => !(await sh(wanted.id, 'ls /run/joh')).includes('boot-token'));
    frontend.forget(wanted.id);
    const ended = await waitFor(
      async () =>
        (await engine.list(signal())).find(
          ({ id, state }) => id === wanted.id && state === 'exited',
        ),
      { deadlineMs: 20_000 },
    );
    expect(ended.reason).toBe('Its first process ended with code 0.');
    await engine.destroy(wanted.id, signal());
  });

  it('leaves no volume behind', async () => {
    const given = { signal: signal(), timeoutMs: 10_000 };
    for (const { id } of await engine.list(signal())) await engine.destroy(id, signal());
    const { body } = await api.call('GET', '/volumes', given);
    expect((body as { Volumes: unknown[] | null }).Volumes ?? []).toEqual([]);
  });
});

describe('docker engine in trouble', () => {
  it('says how to build the image that is missing', async () => {
    const engine = engineOn('test', { image: 'joh-session:none' });
    const [node] = await engine.nodes(signal());
    expect(node).toMatchObject({ reachable: false });
    expect(node?.reason).toContain('npm run session-image -- --tag joh-session:none');
    await engine.close();
  });

  it('says what to do where there is no daemon', async () => {
    const engine = engineOn('test', { socketPath: '/nowhere/docker.sock' });
    const [node] = await engine.nodes(signal());
    expect(node).toMatchObject({ reachable: false, cores: 0 });
    expect(node?.reason).toContain('Start Docker');
    await expect(engine.list(signal())).rejects.toMatchObject({ code: 'E_ENGINE_UNREACHABLE' });
    await engine.close();
  });

  it('does not wait for a daemon that is there and silent', async () => {
    const short = {
      listTimeoutMs: 400,
      createTimeoutMs: 400,
      destroyTimeoutMs: 400,
      pingTimeoutMs: 400,
    };
    const engine = engineOn('test', { timeouts: short });
    const events: EngineEvent['type'][] = [];
    const stop = new AbortController();
    await engine.watch(({ type }) => events.push(type), stop.signal);
    const [before] = await engine.nodes(signal());
    host.freeze();
    try {
      // It may finish an answer before all its threads have stopped.
      const refused = () =>
        engine.list(signal()).then(
          () => null,
          (error: Error) => error,
        );
      const error = await waitFor(refused, { what: 'a list is not answered' });
      expect(error).toMatchObject({ code: 'E_ENGINE_UNREACHABLE' });
      expect(error.message).toContain('no answer');
      await waitFor(() => events.includes('lost'), { what: 'the silence is noticed' });
      const [node] = await engine.nodes(signal());
      expect(node).toMatchObject({ reachable: false, cores: before?.cores });
      const gaveUp = new AbortController();
      const listing = engine.list(gaveUp.signal);
      gaveUp.abort('enough');
      await expect(listing).rejects.toBe('enough');
    } finally {
      host.thaw();
    }
    await waitFor(() => events.includes('recovered'), { deadlineMs: 15_000 });
    expect(await engine.list(signal())).toEqual([]);
    stop.abort();
    await engine.close();
  });
});
