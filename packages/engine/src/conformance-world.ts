/** What the cases of the conformance suite are given. */
import { newId, systemRandom } from '@joh/clock';
import type { ContainerId, NodeId } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import type { NixSubject } from './conformance-nix.ts';
import type { ContainerSpec, Engine, EngineContainer, EngineEvent } from './engine.ts';

export interface ConformanceSubject {
  engine: Engine;
  /** Another engine over the same machine: of the same installation, or of a stranger's. */
  another(installation: 'same' | 'strange'): Promise<Engine>;
  /** Ends the first process of a container behind the engine's back. */
  kill(id: ContainerId): Promise<void>;
  /** Makes the engine's daemons, or one node, silent, and lets them answer again; containers live on. */
  silence(node?: NodeId): Promise<void>;
  answer(node?: NodeId): Promise<void>;
  /** References that its nodes can run, and cannot get; absent for a kind without images. */
  images?: { there: string; missing: string };
  /** Absent for a kind whose containers have no Nix. */
  nix?: NixSubject;
  /** Removes everything the subject made. */
  close(): Promise<void>;
}

export interface World extends ConformanceSubject {
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  /** Seen by a watch that was there before the cases began. */
  events: EngineEvent[];
  spec(change?: Partial<ContainerSpec>): Promise<ContainerSpec>;
  find(id: ContainerId, engine?: Engine): Promise<EngineContainer | undefined>;
  twoNodes(): Promise<[NodeId, NodeId]>;
}

/** For one call. */
export const bound = () => AbortSignal.timeout(15_000);

/** Makes it; ids of what is asked for are put into `made`. */
export function worldOf(
  subject: ConformanceSubject,
  made: Set<ContainerId>,
  waitMs: number,
): World {
  const random = systemRandom();
  return {
    ...subject,
    events: [],
    async until(what, condition) {
      await waitFor(condition, { what, deadlineMs: waitMs });
    },
    async spec(change = {}) {
      const id = newId('container', random) as ContainerId;
      made.add(id);
      const [node] = await subject.engine.nodes(bound());
      if (!node) throw new Error('the engine has no node');
      return {
        id,
        node: node.id,
        class: 'standard',
        resources: { cores: 0.5, memoryBytes: 128 * 2 ** 20 },
        environment: {
          JOH_CONTAINER_ID: id,
          // Port 9 is "discard" (RFC 863): nobody listens, and the agent dials in vain.
          JOH_FRONTEND_URL: 'http://127.0.0.1:9',
          JOH_BOOT_TOKEN: newId('boot', random),
        },
        ...change,
      };
    },
    async twoNodes() {
      const [one, two] = await subject.engine.nodes(bound());
      if (!one || !two) throw new Error('the engine has fewer than two nodes');
      return [one.id, two.id];
    },
    async find(id, engine = subject.engine) {
      return (await engine.list(bound())).find((one) => one.id === id);
    },
  };
}
