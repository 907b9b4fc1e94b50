/** The set of Docker hosts, which changes while the engine runs. */
import { fault, type NodeId } from '@joh/protocol';
import type { EngineEvent } from '../engine.ts';
import type { DockerHost } from './docker-host.ts';
import type { DockerHostAddress } from './host-address.ts';

export interface DockerHosts {
  /** Reads the addresses again: makes hosts that are new or changed, ends those that are gone. */
  refresh(): readonly DockerHost[];
  /** As they were read last; read now when they never were. */
  all(): readonly DockerHost[];
  find(node: NodeId): DockerHost | undefined;
  /** Watches all, and those that come later. Resolves when those of now are watched or told lost. */
  watch(onEvent: (event: EngineEvent) => void, signal: AbortSignal): Promise<void>;
  close(reason: Error): void;
}

/** Makes the set; nothing is read yet. */
export function createDockerHosts(
  read: () => readonly DockerHostAddress[],
  createHost: (address: DockerHostAddress) => DockerHost,
): DockerHosts {
  const watches = new Set<{ onEvent: (event: EngineEvent) => void; signal: AbortSignal }>();
  let hosts: Map<NodeId, DockerHost> | null = null;

  const refresh = () => {
    const before = hosts;
    const now = new Map<NodeId, DockerHost>();
    for (const address of read()) {
      const known = before?.get(address.node);
      if (known && isSame(known.address, address)) {
        now.set(address.node, known);
        continue;
      }
      known?.close(left(address.name, 'is spoken to in another way now'));
      const host = createHost(address);
      now.set(address.node, host);
      for (const { onEvent, signal } of watches) {
        host.watch(onEvent, signal, true).catch(() => undefined);
      }
    }
    for (const [node, host] of before ?? []) {
      if (!now.has(node)) host.close(left(host.address.name, 'is no compute node any more'));
    }
    hosts = now;
    return [...now.values()];
  };
  const all = () => (hosts ? [...hosts.values()] : refresh());
  return {
    refresh,
    all,
    find: (node) => all().find(({ address }) => address.node === node),
    async watch(onEvent, signal) {
      const there = all();
      const watch = { onEvent, signal };
      watches.add(watch);
      signal.addEventListener('abort', () => watches.delete(watch), { once: true });
      await Promise.all(
        there.map(async (host) => {
          try {
            await host.watch(onEvent, signal, false);
          } catch {
            // Removed meanwhile, unless the watch itself is over.
            signal.throwIfAborted();
          }
        }),
      );
    },
    close(reason) {
      for (const host of hosts?.values() ?? []) host.close(reason);
    },
  };
}

function isSame(one: DockerHostAddress, other: DockerHostAddress): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function left(name: string, what: string) {
  return fault('E_ENGINE_UNREACHABLE', { reason: `the node ${name} ${what}` });
}
