import { newId } from '@joh/clock';
import { type ContainerSpec, createDockerEngine, type Engine } from '@joh/engine';
import type { ContainerClass, ContainerId, NodeId } from '@joh/protocol';
import {
  type FakeFrontend,
  nixSeed,
  startDockerHost,
  startFakeFrontend,
  waitFor,
} from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { buildImage } from './session-image.ts';

/** An engine whose containers register with as much of FrontendMaster as that needs. */
export interface ContainerRack {
  engine: Engine;
  /** Milliseconds from asking for a container until its agent has registered. */
  start(kind: ContainerClass): Promise<{ id: ContainerId; ms: number }>;
}

/** As FrontendMaster asks of agents, see its `limits.ts`. */
export const heartbeatMs = 5_000;
const createDeadlineMs = 60_000;
const mib = 2 ** 20;
const resources = {
  // Two cores are all that the machine of the bench may have; production's four have the same start.
  standard: { cores: 2, memoryBytes: 1024 * mib },
  burst: { cores: 1, memoryBytes: 512 * mib },
} as const;

export interface DockerRack extends ContainerRack {
  socketPath: string;
  /** The Debian image below the session's. */
  base: string;
  /** On the same daemon, with containers of an image with Nix. */
  withNix(): Promise<ContainerRack>;
}

/** The docker engine on a daemon of its own. */
export async function startDockerRack(context: BenchContext): Promise<DockerRack> {
  const host = await startDockerHost();
  context.cleanUp(host.remove);
  const { image, base } = await buildImage(context, host);
  const frontend = await startFakeFrontend(host.network.testAddress, { heartbeatMs });
  context.cleanUp(frontend.close);
  const { clock } = context;
  const { socketPath } = host;
  const on = (wanted: string) => {
    const engine = createDockerEngine({ clock, socketPath, image: wanted, installation: 'bench' });
    context.cleanUp(() => engine.close());
    return rackOn(context, engine, frontend);
  };
  return {
    ...(await on(image)),
    ...{ socketPath, base },
    withNix: async () => on((await buildImage(context, host, await nixSeed())).image),
  };
}

/** Over any engine that is there. */
export async function rackOn(
  { clock, random }: BenchContext,
  engine: Engine,
  frontend: FakeFrontend,
): Promise<ContainerRack> {
  const [node] = await engine.nodes(AbortSignal.timeout(createDeadlineMs));
  if (!node) throw new Error('the engine has no node');
  return {
    engine,
    async start(kind) {
      const id = newId('container', random) as ContainerId;
      const started = clock.monotonic();
      await engine.create(
        specOf(id, node.id, kind, frontend.url),
        AbortSignal.timeout(createDeadlineMs),
      );
      const isRegistered = () => frontend.registrations.some(({ container }) => container === id);
      await waitFor(isRegistered, {
        ...{ deadlineMs: createDeadlineMs, everyMs: 1, what: 'the agent registers' },
      });
      return { id, ms: clock.monotonic() - started };
    },
  };
}

function specOf(
  id: ContainerId,
  node: NodeId,
  kind: ContainerClass,
  frontendUrl: string,
): ContainerSpec {
  return {
    ...{ id, node, class: kind, resources: resources[kind] },
    environment: {
      JOH_CONTAINER_ID: id,
      JOH_FRONTEND_URL: frontendUrl,
      JOH_BOOT_TOKEN: `boot-of-${id}`,
    },
  };
}
