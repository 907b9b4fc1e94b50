/** What does not fit together in a rack. Nothing, once a fault is over and left nothing behind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askEngine, type ClusterNode } from '@joh/testkit';
import { metric, type Rack } from './rack.ts';

interface Listed {
  State: string;
  Labels: Record<string, string>;
  Mounts: { Type: string }[];
}

interface Row {
  id: string;
  state: string;
  session: string | null;
}

/**
 * Compares what FrontendMaster says with what the nodes' daemons and their kernel have, one line a
 * difference. `sessions` are those that live, each of which holds one container. `aside` is a node that
 * FrontendMaster may have set aside.
 */
export async function leftovers(
  rack: Rack,
  sessions: readonly string[],
  aside?: ClusterNode,
): Promise<string[]> {
  const { nodes } = await rack.operator.client.nodes();
  const rows = new Map<string, Row[]>(nodes.map((node) => [node.name, node.containers]));
  const all = [...rows.values()].flat();
  const held = all.filter(({ state }) => state === 'claimed').map(({ session }) => session);
  const agents = await metric(rack, 'joh_agents_connected');
  const living = all.filter(({ state }) => state === 'warm' || state === 'claimed');
  const perNode = rack.cluster.nodes.map((node, at) =>
    onNode(rack, node, at, rows.get(node.name) ?? []),
  );
  return [
    ...(held.sort().join() === [...sessions].sort().join()
      ? []
      : [`containers are claimed by ${held.join(', ')}; ${sessions.join(', ')} live`]),
    ...(agents === living.length ? [] : [`${agents} agents, and ${living.length} rows of them`]),
    ...nodes
      .filter(({ state, name }) =>
        name === aside?.name ? !/ready|quarantined/.test(state) : state !== 'ready',
      )
      .map(({ name, state }) => `${name} is ${state}`),
    ...all
      .filter((row) => !living.includes(row))
      .map(({ id, state }) => `the row of ${id} is ${state}`),
    ...(await Promise.all(perNode)).flat(),
  ];
}

async function onNode(
  { cluster }: Rack,
  node: ClusterNode,
  at: number,
  rows: readonly Row[],
): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: ['joh.container'] }));
  const containers: Listed[] = JSON.parse(
    await askEngine(node.socketPath, `/containers/json?all=1&filters=${filters}`),
  );
  const { Volumes } = JSON.parse(await askEngine(node.socketPath, '/volumes'));
  const volumes = (Volumes as unknown[] | null)?.length ?? 0;
  const cgroups = cgroupsOf(`${cluster.traces.name}node${at}`);
  const folder = join(cluster.traces.folder, node.name);
  const shims = processesOf('containerd-shim', folder);
  const namespaces = namespacesOf(folder);
  const mounted = containers.flatMap(({ Mounts }) =>
    Mounts.filter(({ Type }) => Type === 'volume'),
  );
  const ids = containers.map(({ Labels }) => Labels['joh.container'] ?? '');
  const known = new Set(rows.map(({ id }) => id));
  const say = (text: string) => `${node.name}: ${text}`;
  const count = (what: string, found: number, wanted: number) =>
    found === wanted ? [] : [say(`${found} ${what}, not ${wanted}`)];
  return [
    ...ids.filter((id) => !known.has(id)).map((id) => say(`${id} has no row`)),
    ...[...known].filter((id) => !ids.includes(id)).map((id) => say(`${id} has no container`)),
    ...containers
      .filter(({ State }) => State !== 'running')
      .map(({ Labels, State }) => say(`${Labels['joh.container']} is ${State}`)),
    ...count('cgroups', cgroups.length, containers.length),
    ...count('shims', shims.length, containers.length),
    ...count('volumes', volumes, mounted.length),
    ...count('network namespaces', namespaces.length, containers.length),
  ];
}

/** The children of a cgroup: one a container, named by Docker's id. */
function cgroupsOf(parent: string): string[] {
  const place = ['/sys/fs/cgroup/pids', '/sys/fs/cgroup']
    .map((root) => join(root, parent))
    .find((path) => existsSync(path));
  return place ? readdirSync(place).filter((name) => /^[0-9a-f]{64}$/.test(name)) : [];
}

/** Network namespaces of containers that a machine's mounts keep; a Swarm has some of its own beside them. */
function namespacesOf(folder: string): string[] {
  const [daemon] = processesOf('dockerd', folder);
  const mounts = daemon ? readFileSync(`/proc/${daemon}/mountinfo`, 'utf8').split('\n') : [];
  const place = `${join(folder, 'exec', 'netns')}/`;
  return mounts.filter((line) => new RegExp(`${place}[0-9a-f]{12} .* nsfs `).test(line));
}

/** Processes of a machine's daemons, and shims that hold a container each: they name its folder. */
function processesOf(program: string, folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      const command = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
      return command.includes(program) && command.includes(`${folder}/`);
    } catch {
      return false;
    }
  });
}
