/** Making an image present on a node of a swarm, by a task that needs it and looks at it. */
import { createHash } from 'node:crypto';
import { fault, type NodeId } from '@joh/protocol';
import type { EngineNode } from '../engine.ts';
import { overReason, phaseOf } from './answers.ts';
import type { Manager } from './manager.ts';
import { admit } from './nodes.ts';
import { pullRequest, swarmLabels } from './service-request.ts';
import type { Wait } from './wait.ts';

export interface SwarmPullOptions {
  manager: Manager;
  wait: Wait;
  installation: string;
  nodes(signal: AbortSignal): Promise<EngineNode[]>;
}

/** How often a service that somebody removes is made again: two processes that start at once do so to each other. */
const turnsMax = 3;

export interface SwarmImages {
  pull(image: string, node: NodeId, signal: AbortSignal): Promise<void>;
  /** Whether an image has a Nix store to add to. Asks the node for one that was not pulled. */
  hasNix(image: string, node: NodeId, signal: AbortSignal): Promise<boolean>;
}

/**
 * Makes the verbs. A manager knows neither which node has which image nor what is in one, so what was
 * pulled is remembered, by its reference.
 */
export function createSwarmImages(options: SwarmPullOptions): SwarmImages {
  const { manager, wait, installation } = options;
  const present = new Set<string>();
  const nix = new Map<string, boolean>();
  const turns = new Map<string, Promise<void>>();
  const label = `${swarmLabels.pull}=${installation}`;

  /** Resolves with what the task found; null when somebody removed its service. */
  const run = async (name: string, signal: AbortSignal): Promise<{ hasNix: boolean } | null> => {
    const task = await wait.until(signal, async () => {
      const services = await manager.services(label, signal);
      const service = services.find(({ Spec }) => Spec.Name === name);
      if (!service) return 'removed';
      const tasks = await manager.tasks(label, signal);
      const found = tasks.find(({ ServiceID }) => ServiceID === service.ID);
      // While it runs its exit code reads 0.
      return found && (phaseOf(found) === 'over' || found.Status.Err) ? found : null;
    });
    if (task === 'removed') return null;
    // For the image to be there it is enough that it ran, however it ended.
    if (task.Status.State === 'rejected' || phaseOf(task) !== 'over') {
      throw fault('E_ENGINE_REFUSED', { reason: overReason(task) });
    }
    const { State, ContainerStatus } = task.Status;
    return { hasNix: State === 'complete' && ContainerStatus?.ExitCode === 0 };
  };
  const look = async (image: string, node: NodeId, signal: AbortSignal, outer: AbortSignal) => {
    const digest = createHash('sha256').update(`${installation} ${node} ${image}`).digest('hex');
    const name = `joh-pull-${digest.slice(0, 32)}`;
    // Left by a process that died. Whoever else asks the same shares it afterwards, or takes it away.
    await manager.removeService(name, signal);
    try {
      for (let turn = 0; turn < turnsMax; turn++) {
        await manager.createService(pullRequest(name, image, node, installation), signal);
        const seen = await run(name, signal);
        if (seen) return seen.hasNix;
      }
    } finally {
      await manager.removeService(name, outer).catch(() => undefined);
    }
    throw fault('E_ENGINE_REFUSED', { reason: `the service ${name} was removed again and again` });
  };
  const pull = async (image: string, node: NodeId, outer: AbortSignal): Promise<void> => {
    const key = `${node} ${image}`;
    await wait.bounded(`the pull of ${image}`, 'pullTimeoutMs', outer, async (signal) => {
      admit(await options.nodes(signal), node, { cores: 0, memoryBytes: 0 });
      // One after the other: the second finds what the first has learnt, or tries it again.
      const turn = (turns.get(key) ?? Promise.resolve()).then(async () => {
        signal.throwIfAborted();
        if (present.has(key)) return;
        nix.set(image, await look(image, node, signal, outer));
        present.add(key);
      });
      const settled = turn.catch(() => undefined);
      turns.set(key, settled);
      void settled.then(() => turns.get(key) === settled && turns.delete(key));
      await turn;
    });
  };
  return {
    pull,
    async hasNix(image, node, signal) {
      if (!nix.has(image)) await pull(image, node, signal);
      return nix.get(image) ?? false;
    },
  };
}
