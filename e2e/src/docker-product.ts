/**
 * The product on a Docker host of the test's own: a network namespace with a real daemon, on which
 * FrontendMaster runs too, as it would on its own machine. The browser reaches it through a port of
 * loopback, as through a reverse proxy.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '@joh/clock';
import { buildSessionImage } from '@joh/engine';
import { type DockerHost, startDockerHost } from '@joh/testkit';
import { type Product, root, startProduct } from './product.ts';

const imageTag = 'joh-session:e2e';
const imageDeadlineMs = 400_000;

export async function startDockerProduct(): Promise<Product> {
  const host = await startDockerHost();
  const ends: (() => Promise<void>)[] = [() => host.remove()];
  const end = async () => {
    for (const one of ends.toReversed()) await one();
  };
  try {
    await buildSessionImage({
      clock: systemClock(),
      socketPath: host.socketPath,
      tag: imageTag,
      base: await host.importBase(),
      recipe: join(root, 'ops', 'session-image'),
      agent: join(root, 'apps', 'agent', 'dist'),
      node: process.execPath,
      toolchain: true,
      signal: AbortSignal.timeout(imageDeadlineMs),
    });
    const { port, close } = await forward(host);
    ends.push(close);
    const product = await startProduct(
      {
        JOH_ENGINE: 'docker',
        JOH_SESSION_IMAGE: imageTag,
        DOCKER_HOST: `unix://${host.socketPath}`,
        JOH_HOST: host.network.nodeAddress,
        JOH_PUBLIC_URL: `http://127.0.0.1:${port}`,
      },
      { enter: host.network.enter, port },
    );
    const stopProduct = product.stop;
    product.stop = () => stopProduct().finally(end);
    return product;
  } catch (error) {
    await end();
    throw error;
  }
}

/** Joins a port of loopback to the same port of the host. */
async function forward(host: DockerHost): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  let port = 0;
  const server: Server = createServer((inner) => {
    const outer = connect(port, host.network.nodeAddress);
    for (const socket of [inner, outer]) track(socket);
    inner.pipe(outer).pipe(inner);
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  return { port, close };
}
