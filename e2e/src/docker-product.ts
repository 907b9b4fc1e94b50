/**
 * The product on a Docker host of the test's own: a network namespace with a real daemon, on which
 * FrontendMaster runs too, as it would on its own machine. The browser reaches it through a port of
 * loopback, as through a reverse proxy.
 */
import { type Product, startDockerHost, startProduct } from '@joh/testkit';
import { openLoopbackPort } from './loopback-port.ts';
import { buildImage } from './session-image.ts';

export async function startDockerProduct(): Promise<Product> {
  const host = await startDockerHost();
  const ends: (() => Promise<void>)[] = [() => host.remove()];
  const end = async () => {
    for (const one of ends.toReversed()) await one();
  };
  try {
    const image = await buildImage(host, { toolchain: true, nix: true });
    const { port, close } = await openLoopbackPort(host.network.nodeAddress);
    ends.push(close);
    return await startProduct(
      {
        JOH_ENGINE: 'docker',
        JOH_SESSION_IMAGE: image,
        DOCKER_HOST: `unix://${host.socketPath}`,
        JOH_HOST: host.network.nodeAddress,
        JOH_PUBLIC_URL: `http://127.0.0.1:${port}`,
      },
      { enter: host.network.enter, port, afterStop: end },
    );
  } catch (error) {
    await end();
    throw error;
  }
}
