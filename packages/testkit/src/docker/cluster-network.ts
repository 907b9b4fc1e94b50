/**
 * The wires of a cluster: a bridge in a namespace of its own (the router), and on it FrontendMaster's
 * machine, the nodes, and one leg into the test's own namespace. What is beyond the router are decoys.
 */
import { type Claim, ip, runIn } from './namespaces.ts';

/** A machine of the cluster. */
export interface Machine {
  namespace: string;
  address: string;
}

export interface ClusterNetwork {
  /** The test process's own address in it: its browser's side. */
  testAddress: string;
  frontend: Machine;
  nodes: Machine[];
  /** Where the decoys' addresses live. */
  decoys: string;
  /** From now on what a node sends and is sent vanishes; its wire stays up, so nothing is told. */
  cut(node: number): void;
  heal(node: number): void;
}

const bridge = 'bridge';
const wireOf = (node: number) => `node${node}`;

/** Lays it. `decoyAddresses` are routed to the decoys' namespace, for the nodes as for their containers. */
export function layClusterNetwork(
  { name, namespace: router, network }: Claim,
  nodeCount: number,
  decoyAddresses: readonly string[],
): ClusterNetwork {
  const address = (last: number) => `${network}.${last}`;
  const gateway = address(254);
  const frontend = { namespace: `${name}frontend`, address: address(2) };
  const decoys = `${name}decoys`;
  const nodes = Array.from({ length: nodeCount }, (_, at) => ({
    namespace: `${name}node${at}`,
    address: address(10 + at),
  }));
  const machines = [frontend, ...nodes];
  const wires = ['frontend', ...nodes.map((_, at) => wireOf(at))];
  const wire = (one: string, namespace: string) =>
    `link add ${one} netns ${router} type veth peer name eth0 netns ${namespace}`;
  ip([
    ...[...machines.map(({ namespace }) => namespace), decoys].map((one) => `netns add ${one}`),
    ...machines.map(({ namespace }, at) => wire(wires[at] ?? '', namespace)),
    wire('decoys', decoys),
    `link add ${name}test type veth peer name test netns ${router}`,
    `addr add ${address(1)}/24 dev ${name}test`,
    `link set ${name}test up`,
  ]);
  ip(
    [
      `link add ${bridge} type bridge`,
      ...[...wires, 'test'].flatMap((one) => [
        `link set ${one} master ${bridge}`,
        `link set ${one} up`,
      ]),
      ...['lo', bridge, 'decoys'].map((one) => `link set ${one} up`),
      `addr add ${gateway}/24 dev ${bridge}`,
      ...decoyAddresses.map((one) => `route add ${one} dev decoys`),
    ],
    router,
  );
  runIn(router, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  const up = ['link set lo up', 'link set eth0 up'];
  for (const { namespace, address: own } of machines) {
    const route = `route add default via ${gateway}`;
    ip([`addr add ${own}/24 dev eth0`, ...up, route], namespace);
  }
  const owned = decoyAddresses.map((one) => `addr add ${one}/32 dev eth0`);
  ip([...owned, ...up, `route add default via ${gateway} dev eth0 onlink`], decoys);
  return {
    testAddress: address(1),
    frontend,
    nodes,
    decoys,
    cut: (node) => ip([`link set ${wireOf(node)} nomaster`], router),
    heal: (node) => ip([`link set ${wireOf(node)} master ${bridge}`], router),
  };
}
