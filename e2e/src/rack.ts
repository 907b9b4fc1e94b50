/**
 * The product as it stands in a rack: FrontendMaster on a machine that is no node, real Docker hosts
 * that joined by the command an operator pastes (or a Swarm), the session image by digest from a
 * registry. The browser reaches it through a port of loopback, as through a reverse proxy.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type ClusterNode,
  type DockerCluster,
  type Product,
  type ProductPlace,
  startDockerCluster,
  startProduct,
  waitFor,
} from '@joh/testkit';
import { openLoopbackPort } from './loopback-port.ts';
import { type ApiPerson, newPerson } from './person.ts';
import { root } from './root.ts';
import { buildImage } from './session-image.ts';

export interface Rack {
  product: Product;
  cluster: DockerCluster;
  /** Signed up first, so FrontendMaster obeys them. */
  operator: ApiPerson;
}

export interface RackOptions {
  engine: 'docker' | 'swarm';
  /** Docker hosts, or members of the Swarm. */
  nodes: number;
  /** `JOH_POOL` */
  pool: string;
  /** Whether the embedded tool chain is in the image: it is most of what every node pulls. */
  toolchain: boolean;
}

const doorPort = 8788;
const metricsToken = 'metrics-of-the-test';
const warmDeadlineMs = 300_000;
const run = promisify(execFile);

/** Starts it; it is gone when its product is stopped. */
export async function startRack(options: RackOptions): Promise<Rack> {
  const isSwarm = options.engine === 'swarm';
  const cluster = await startDockerCluster({
    ...{ as: isSwarm ? 'swarm' : 'machines', nodes: options.nodes, registry: true },
  });
  const ends: (() => Promise<void>)[] = [cluster.remove];
  const end = async () => {
    for (const one of ends.splice(0).toReversed()) await one();
  };
  let stop = end;
  try {
    const [first] = cluster.nodes as [ClusterNode];
    const image = await cluster.registry?.push(first, await buildImage(first, options));
    const { port, close } = await openLoopbackPort(cluster.frontend.address);
    ends.push(close);
    const dataDirectory = await mkdtemp(join(tmpdir(), 'joh-rack-'));
    ends.push(() => rm(dataDirectory, { recursive: true, force: true }));
    // The registry's certificate is by the same authority, as on an installation of one machine.
    const { key, certificate } = cluster.authority;
    const kept = JSON.stringify({ key, certificate });
    await writeFile(join(dataDirectory, 'authority.json'), kept, { mode: 0o600 });
    const place: ProductPlace = {
      ...{ enter: cluster.frontend.enter, port, dataDirectory },
      ...{ warms: false, afterStop: end },
    };
    const environment = {
      JOH_ENGINE: options.engine,
      JOH_POOL: options.pool,
      JOH_HOST: cluster.frontend.address,
      JOH_PUBLIC_URL: `http://127.0.0.1:${port}`,
      JOH_DOOR: `http://${cluster.frontend.address}:${doorPort}`,
      JOH_REGISTRY: cluster.registry?.address ?? '',
      JOH_SESSION_IMAGE: image ?? '',
      JOH_METRICS_TOKEN: metricsToken,
      DOCKER_HOST: isSwarm ? `unix://${first.socketPath}` : 'none',
    };
    const product = await startProduct(environment, place);
    stop = product.stop;
    const operator = await newPerson(product.url, 'operator');
    const all = (work: (node: ClusterNode) => Promise<unknown>) =>
      Promise.all(cluster.nodes.map(work));
    if (isSwarm) await all((node) => inRepository(node, 'network.sh --swarm joh'));
    else await all((node) => addNode(node, operator));
    await isWarm(product, operator, options.nodes);
    const door = `${cluster.frontend.address}:${doorPort}`;
    // Of a swarm's network a node has its bridge once a container is on it.
    if (isSwarm) await all((node) => inRepository(node, `isolate.sh joh0 ${door}`));
    return { product, cluster, operator };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}

/** Waits until every node has a warm container. */
async function isWarm(product: Product, operator: ApiPerson, nodes: number): Promise<void> {
  await waitFor(
    async () => {
      const now = (await operator.client.nodes()).nodes;
      const warm = now.filter(({ containers }) => containers.some(({ state }) => state === 'warm'));
      return warm.length === nodes;
    },
    { deadlineMs: warmDeadlineMs, what: 'every node has a warm container', everyMs: 100 },
  ).catch((error: Error) => {
    throw new Error(`${error.message}\n${product.log()}`);
  });
}

/** The value of one of FrontendMaster's metrics. */
export async function metric({ product }: Rack, name: string): Promise<number> {
  const headers = { authorization: `Bearer ${metricsToken}` };
  const text = await (await fetch(`${product.url}/metrics`, { headers })).text();
  const value = new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1];
  if (value === undefined) throw new Error(`no metric ${name} in ${text.slice(0, 200)}`);
  return Number(value);
}

/** Runs a shell on a node's machine. */
async function onNode(node: ClusterNode, script: string): Promise<string> {
  const [program = '', ...parameters] = [...node.enter, 'sh', '-c', script];
  const done = await run(program, parameters, {
    env: { PATH: process.env.PATH, JOH_JOIN_RESTART: node.restartCommand },
  });
  return done.stdout;
}

/** What an operator does: asks for the command, and pastes it on the machine. */
async function addNode(node: ClusterNode, operator: ApiPerson): Promise<void> {
  const wish = { name: node.name, host: node.address };
  const { status, body } = await operator.call('POST', '/api/nodes/joins', wish);
  if (status !== 201) throw new Error(`no leave to join: ${JSON.stringify(body)}`);
  await onNode(node, body.command);
}

/** Runs one of the scripts for Docker hosts on a node. */
function inRepository(node: ClusterNode, command: string): Promise<string> {
  return onNode(node, join(root, 'ops', 'docker-host', command));
}
