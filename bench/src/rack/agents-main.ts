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
import type { FromFrontendMaster } from './messages.ts';
import { serveLoad } from './served-load.ts';

const agents = new Map<string, SimulatedAgent>();
const links = createServerLinks({
  clock: systemClock(),
  random: systemRandom(),
  checkTicket: async () => ({ user: 'bench', session: 'bench' }),
  onLink: (link) => link.onChannel(serveLoad),
});
const serve = (socket: WebSocket) => links.accept(wsTransport(socket));

process.on('message', (message: FromFrontendMaster) => {
  if (message.kind === 'created') {
    const { JOH_FRONTEND_URL = '', JOH_BOOT_TOKEN = '' } = message.environment;
    const agent = startSimulatedAgent({
      id: message.id as ContainerId,
      bootToken: JOH_BOOT_TOKEN,
      frontendUrl: () => JOH_FRONTEND_URL,
      serve,
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
websockets.on('connection', serve);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.({ port: (server.address() as AddressInfo).port });
