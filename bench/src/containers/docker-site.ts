import { startDockerHost, startProduct } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { createSite, type Site } from '../opening/site.ts';
import { buildImage } from './session-image.ts';

/** FrontendMaster over real containers: one node, whose daemon is real and this bench's own. */
export interface DockerSite extends Site {
  socketPath: string;
  /** The Debian image below the session's. */
  base: string;
}

/** In a network namespace of its own any port is free. */
const port = 8787;

/** @param pool as `JOH_POOL` wants it */
export async function startDockerSite(context: BenchContext, pool: string): Promise<DockerSite> {
  const host = await startDockerHost();
  context.cleanUp(host.remove);
  const { image, base } = await buildImage(context, host);
  const { nodeAddress, enter } = host.network;
  context.say('FrontendMaster, and its pool');
  const product = await startProduct(
    {
      JOH_ENGINE: 'docker',
      JOH_SESSION_IMAGE: image,
      DOCKER_HOST: `unix://${host.socketPath}`,
      JOH_HOST: nodeAddress,
      // Printed and not used: clients of this bench are on the other end of the host's wire.
      JOH_PUBLIC_URL: `http://127.0.0.1:${port}`,
      JOH_POOL: pool,
      JOH_LOG: 'warn',
    },
    { enter, port, warms: false },
  );
  context.cleanUp(product.stop);
  const url = `http://${nodeAddress}:${port}`;
  return { ...createSite(context, url), socketPath: host.socketPath, base };
}
