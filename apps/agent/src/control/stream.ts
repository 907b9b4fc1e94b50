/** Dialling a data socket: out to FrontendMaster, which splices a browser's socket to it. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@joh/clock';
import { agentPaths, fault, type StreamId, tunnelUpgrade } from '@joh/protocol';
import { limits } from '#limits';

/**
 * The socket with the browser's upgrade request as its next bytes, to be served as if it had been
 * accepted. Throws `E_AGENT_UNREACHABLE` when FrontendMaster does not switch in time.
 */
export function dialStream(options: {
  frontendUrl: string;
  stream: StreamId;
  credential: string;
  clock: Clock;
}): Promise<Duplex> {
  const url = new URL(agentPaths.streams + options.stream, options.frontendUrl);
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    agent: false,
    headers: {
      connection: 'upgrade',
      upgrade: tunnelUpgrade,
      authorization: `Bearer ${options.credential}`,
    },
  });
  const cancel = options.clock.after(limits.streamDialMs, () => request.destroy());
  const refuse = (cause: unknown) => {
    cancel();
    reject(fault('E_AGENT_UNREACHABLE', {}, { cause }));
  };
  request.on('error', refuse);
  request.on('close', () => refuse('closed'));
  request.on('response', (response) => {
    response.resume();
    refuse(response.statusCode);
  });
  request.on('upgrade', (_response, socket, head) => {
    cancel();
    (socket as Socket).setNoDelay(true);
    if (head.length > 0) socket.unshift(head);
    resolve(socket);
  });
  request.end();
  return promise;
}
