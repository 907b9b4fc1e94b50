import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { Identity } from '@joh/authority';
import { afterAll, expect, it } from 'vitest';
import { waitFor } from '../wait-for.ts';
import { type ClusterNode, type DockerCluster, startDockerCluster } from './docker-cluster.ts';
import { askEngine } from './engine-request.ts';
import { tracesOf } from './traces.ts';

const figures: Record<string, number> = {};
async function timed<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  figures[name] = Math.round(performance.now() - began);
  return result;
}
const clusters: DockerCluster[] = [];
async function cluster(name: string, options: Parameters<typeof startDockerCluster>[0]) {
  const started = await timed(`${name}_up_ms`, () => startDockerCluster(options));
  clusters.push(started);
  return started;
}
afterAll(async () => {
  console.log('docker cluster', figures);
  await Promise.all(clusters.map((one) => one.remove()));
});

/** The node's version over TLS. */
function version({ address, port }: ClusterNode, ca: string, identity?: Identity) {
  return new Promise<string>((resolve, reject) => {
    const asked = request(
      {
        ...{ host: address, port, path: '/version', ca, timeout: 1_000, agent: false },
        ...(identity && { key: identity.key, cert: identity.certificate }),
      },
      (answer) => {
        answer.setEncoding('utf8').on('data', (text: string) => resolve(JSON.parse(text).Version));
      },
    );
    asked
      .on('error', reject)
      .on('timeout', () => asked.destroy(new Error('no answer')))
      .end();
  });
}

/** What a machine of the cluster gets from an address. */
function fetched(enter: readonly string[], url: string): string {
  const script = `fetch('${url}', { signal: AbortSignal.timeout(2000) })
    .then((a) => a.text()).catch((e) => 'failed ' + e.name).then(console.log)`;
  const [program = '', ...rest] = [...enter, process.execPath, '-e', script];
  return execFileSync(program, rest, { encoding: 'utf8' }).trim();
}

/** Runs a shell line on a node's machine. */
function sh({ enter }: ClusterNode, line: string): string {
  const [program = '', ...rest] = [...enter, 'sh', '-c', line];
  return execFileSync(program, rest, { encoding: 'utf8' });
}

/** Imports an image that holds `sleep` and what it links to. */
async function importSleep({ socketPath }: ClusterNode): Promise<string> {
  const links = execFileSync('ldd', ['/bin/sleep'], { encoding: 'utf8' }).match(/\/\S+/g) ?? [];
  const tar = execFileSync(
    'tar',
    ['--create', '--dereference', '--file=-', '/bin/sleep', ...links],
    {
      ...{ maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'ignore'] },
    },
  );
  await askEngine(socketPath, '/images/create?fromSrc=-&repo=sleep&tag=1', {
    ...{ method: 'POST', body: Readable.from([tar]) },
  });
  return 'sleep:1';
}

it('is a rack of hosts that nobody commands without the authority’s word', async () => {
  const { nodes, authority, clientIdentity, ...one } = await cluster('hosts', {
    ...{ as: 'hosts', registry: true },
  });
  expect(figures.hosts_up_ms).toBeLessThan(30_000);
  for (const node of nodes) {
    expect(await version(node, authority.certificate, clientIdentity)).toMatch(/^\d+\./);
    await expect(version(node, authority.certificate)).rejects.toThrow();
  }
  // Everyone reaches the decoys, until something isolates them; nothing else is there to be reached.
  const { metadata, internet } = one.decoys.addresses;
  for (const address of Object.values(one.decoys.addresses)) {
    expect(fetched(nodes[0]!.enter, `http://${address}/`)).toBe(`decoy ${address}`);
  }
  expect(fetched(one.frontend.enter, `http://${internet}/`)).toBe(`decoy ${internet}`);
  const from = nodes[0]!.address;
  await waitFor(() => one.decoys.heard().length > 6);
  expect(one.decoys.heard()).toContainEqual({ address: metadata, from });
  expect(fetched(nodes[0]!.enter, 'http://198.51.100.1/')).toMatch(/^failed/);

  const [first, second] = nodes as [ClusterNode, ClusterNode];
  const pushed = await one.registry!.push(first, await importSleep(first));
  expect(pushed).toMatch(/^10\..*:5000\/sleep@sha256:[0-9a-f]{64}$/);
  await askEngine(second.socketPath, `/images/create?fromImage=${encodeURIComponent(pushed)}`, {
    method: 'POST',
  });
  const container = { Image: pushed, Cmd: ['/bin/sleep', '1000'], HostConfig: {} };
  const { Id } = JSON.parse(
    await askEngine(second.socketPath, '/containers/create', { method: 'POST', body: container }),
  );
  await askEngine(second.socketPath, `/containers/${Id}/start`, { method: 'POST' });
  const pid = async () =>
    JSON.parse(await askEngine(second.socketPath, `/containers/${Id}/json`)).State.Pid;
  const before = await pid();
  await second.kill();
  await second.start();
  expect(await pid()).toBe(before);

  second.cut();
  await expect(version(second, authority.certificate, clientIdentity)).rejects.toThrow('no answer');
  second.heal();
  await waitFor(() => version(second, authority.certificate, clientIdentity), {
    deadlineMs: 10_000,
  });

  await timed('hosts_down_ms', one.remove);
  expect(tracesOf(one.traces)).toEqual([]);
});

it('is a swarm, beside another cluster', async () => {
  const [swarm, machines] = await Promise.all([
    cluster('swarm', { as: 'swarm' }),
    cluster('machines', { as: 'machines', nodes: 1 }),
  ]);
  expect(figures.swarm_up_ms).toBeLessThan(30_000);
  const [manager] = swarm.nodes as [ClusterNode];
  const members = JSON.parse(await askEngine(manager.socketPath, '/nodes')) as { ID: string }[];
  expect(members.map(({ ID }) => ID).sort()).toEqual(swarm.nodes.map((n) => n.swarmId).sort());
  const { Spec } = JSON.parse(await askEngine(manager.socketPath, '/swarm'));
  expect(Spec.Dispatcher.HeartbeatPeriod).toBe(600e9);
  // A machine is its own: what is written there stays there, and its daemon restarts by a command.
  const [machine] = machines.nodes as [ClusterNode];
  const before = readFileSync(join(dirname(machine.etc), 'docker.pid'), 'utf8');
  const configure = `echo '{"debug":true}' >/etc/docker/daemon.json && touch /usr/local/sbin/joh-test`;
  expect(sh(machine, 'hostname')).toBe('node1\n');
  sh(machine, `${configure} && ${machine.restartCommand}`);
  await waitFor(async () => JSON.parse(await askEngine(machine.socketPath, '/info')).Debug);
  expect(readFileSync(join(dirname(machine.etc), 'docker.pid'), 'utf8')).not.toBe(before);
  expect(existsSync('/usr/local/sbin/joh-test')).toBe(false);
  await machine.kill();
  await machine.start();
  await Promise.all([timed('swarm_down_ms', swarm.remove), machines.remove()]);
  expect([...tracesOf(swarm.traces), ...tracesOf(machines.traces)]).toEqual([]);
});

it('leaves nothing when it does not come up', async () => {
  // Those that this process may have claimed; others of the machine come and go.
  const mine = new RegExp(
    `^joh(${[0, 1, 2, 3, 4, 5].map((n) => (process.pid + n) % 1024).join('|')})-`,
  );
  const namespaces = () => readdirSync('/run/netns').filter((name) => mine.test(name));
  const before = namespaces();
  await expect(
    startDockerCluster({ as: 'machines', nodes: 2, flags: ['--nonsense'] }),
  ).rejects.toThrow('unknown flag: --nonsense');
  expect(namespaces()).toEqual(before);
});
