/** The IDEs that are connected to the session. */
import type { Clock, Random } from '@joh/clock';
import { createServerLinks, type ServerLinks } from '@joh/link';
import { closes, type Prepare, type TelemetrySample } from '@joh/protocol';
import { type Connection, serveLink } from './connection.ts';
import type { ProjectServices } from './services.ts';
import { createTicketDesk } from './ticket.ts';
import { createTunnel, type Tunnel } from './tunnel.ts';

export interface Connections {
  tunnel: Tunnel;
  /** Serves this claim of the session from now on; links of an older one are told to reload. */
  open(project: ProjectServices & { given: Prepare }): void;
  /** IDEs attached right now; a cut one does not count. */
  attached(): number;
  /** To every attached IDE. */
  telemetry(sample: TelemetrySample): void;
  message(severity: 'error' | 'warning' | 'information', text: string): void;
  /** Ends every link with `closes.ended`, and refuses new ones. */
  close(reason: string): void;
}

export function createConnections(options: {
  clock: Clock;
  random: Random;
  onAttached: (connections: number) => void;
  log: (text: string) => void;
}): Connections {
  const { clock, random, log } = options;
  const connections = new Set<Connection>();
  let now: { given: Prepare; links: ServerLinks } | null = null;
  const everyone = (tell: (connection: Connection) => void) => {
    for (const connection of connections) tell(connection);
  };
  const attached = () => now?.links.attached() ?? 0;
  let told = 0;
  const count = () => {
    if (attached() === told) return;
    told = attached();
    options.onAttached(told);
  };
  return {
    tunnel: createTunnel({
      clock,
      current: () => now && { session: now.given.session, links: now.links },
    }),
    open: (project) => {
      const { given } = project;
      now?.links.close(closes.moved, 'the session was claimed again');
      const desk = createTicketDesk({ clock, prepared: () => given });
      const links = createServerLinks({
        clock,
        random,
        checkTicket: async (ticket) => desk.check(ticket),
        onLink: (link) => {
          const connection = serveLink(link, project, log);
          connections.add(connection);
          link.onState((state) => {
            if (state === 'closed') connections.delete(connection);
            // The link's own count is right after its listeners have heard.
            queueMicrotask(count);
          });
          queueMicrotask(count);
        },
      });
      now = { given, links };
    },
    attached,
    telemetry: (sample) => everyone(({ notify }) => void notify('telemetry', sample)),
    message: (severity, text) =>
      everyone(({ notify }) => void notify('message', { severity, text })),
    close: (reason) => now?.links.close(closes.ended, reason),
  };
}
