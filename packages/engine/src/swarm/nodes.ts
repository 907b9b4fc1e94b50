/** A swarm's machines as compute nodes: pure. */
import { fault, type NodeId, type Resources } from '@joh/protocol';
import type { EngineNode, Isolation } from '../engine.ts';
import type { SwarmNode } from './answers.ts';

/** Those that may take containers, by name. A manager that takes no tasks is no compute node. */
export function computeNodes(nodes: readonly SwarmNode[]): EngineNode[] {
  return nodes
    .filter(({ Spec }) => Spec.Role !== 'manager' || Spec.Availability !== 'drain')
    .map(describe)
    .sort((one, other) => one.name.localeCompare(other.name) || one.id.localeCompare(other.id));
}

function describe(node: SwarmNode): EngineNode {
  const { Resources } = node.Description;
  const reason = problemOf(node);
  return {
    id: node.ID as NodeId,
    name: nameOf(node),
    cores: (Resources?.NanoCPUs ?? 0) / 1e9,
    memoryBytes: Resources?.MemoryBytes ?? 0,
    reachable: reason === null,
    reason,
    labels: node.Spec.Labels ?? {},
    isolation,
  };
}

function nameOf({ ID, Description }: SwarmNode): string {
  return Description.Hostname || ID;
}

function problemOf(node: SwarmNode): string | null {
  const { ID, Spec, Status } = node;
  const name = nameOf(node);
  if (Status.State !== 'ready') {
    return `The swarm says that ${name} is ${Status.State}. Start Docker there, or check its network.`;
  }
  if (Spec.Availability === 'active') return null;
  return `${name} is set to ${Spec.Availability} in the swarm. Let it work again: docker node update --availability active ${ID}`;
}

const isolation: Isolation = {
  separated: true,
  limited: true,
  note:
    'Containers without capabilities, on a read-only root, each as a user of its own, with no route to one ' +
    "another where the node's network was made by ops/docker-host; memory, cores and processes are limited, swap is not.",
};

/**
 * Whether a container fits a node at all; the swarm itself would keep it waiting for ever.
 * @throws E_ENGINE_REFUSED E_ENGINE_UNREACHABLE
 */
export function admit(nodes: readonly EngineNode[], node: NodeId, resources: Resources): void {
  const found = nodes.find(({ id }) => id === node);
  if (!found) throw fault('E_ENGINE_REFUSED', { reason: `there is no node ${node}` });
  if (found.reason) throw fault('E_ENGINE_UNREACHABLE', { reason: found.reason });
  if (resources.cores > found.cores || resources.memoryBytes > found.memoryBytes) {
    const reason = `${found.name} has less than the container may use`;
    throw fault('E_ENGINE_REFUSED', { reason });
  }
}
