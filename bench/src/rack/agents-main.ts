/**
 * The simulated agents of a rack, in one process: they speak the control contract, prepare at once,
 * and serve real links. The same links are served to whoever connects to this process itself.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, systemRandom } from '@joh/clock';
import { type SimulatedAgent, startSimulatedAgent } from '@joh/frontend-master';
import { createServerLinks, wsTransport } from '@joh/link';
import type { ContainerId } from '@joh/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FromAgents, FromFrontendMaster } from './messages.ts';
import { serveSession } from './served-session.ts';

/** A container that is gone is redialled slowly, so that it is not this process that is measured. */
const redialMs = 500;
const tell = (message: FromAgents) => void process.send?.(message);
const agents = new Map<string, SimulatedAgent>();
/** Serves websockets as one agent does. */
const createServing = () => {
  const links = createServerLinks({
    clock: systemClock(),
    random: systemRandom(),
    checkTicket: async () => ({ user: 'bench', session: 'bench' }),
    onLink: (link) => link.onChannel(serveSession),
  });
  return (socket: WebSocket) => links.accept(wsTransport(socket));
};

process.on('message', (message: FromFrontendMaster) => {
  if (message.kind === 'created') {
    const { JOH_FRONTEND_URL = '', JOH_BOOT_TOKEN = '' } = message.environment;
    const agent = startSimulatedAgent({
      id: message.id as ContainerId,
      bootToken: JOH_BOOT_TOKEN,
      frontendUrl: () => JOH_FRONTEND_URL,
      serve: createServing(),
      redialMs,
      async prepare({ session, epoch }) {
        tell({ kind: 'prepared', container: message.id, claim: `${session} ${epoch}` });
        return { root: '/work' };
      },
    });
    agents.set(message.id, agent);
  } else if (message.kind === 'ended') {
    agents.get(message.id)?.end();
    agents.delete(message.id);
  }
});
const stop = () => process.exit();
for (const signal of ['SIGTERM', 'disconnect'] as const) process.once(signal, stop);

const server = createServer();
const websockets = new WebSocketServer({ server, perMessageDeflate: false });
websockets.on('connection', createServing());
server.listen(0, '127.0.0.1');
await once(server, 'listening');
tell({ kind: 'listening', port: (server.address() as AddressInfo).port });
