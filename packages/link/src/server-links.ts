/** The agent's side: takes connections, checks tickets, keeps cut links until they are resumed. */
import type { Clock, Random } from '@joh/clock';
import { closes, type Fault, fault } from '@joh/protocol';
import { faultOfClose } from './close-fault.ts';
import type { Hello } from './frame.ts';
import { createHeldLink, type HeldLink } from './held-link.ts';
import { type LinkLimits, linkLimits } from './limits.ts';
import type { Link, Transport } from './link.ts';
import { type Admitted, type Refusal, receive } from './reception.ts';

/** What a ticket says; a cut link is resumed only with the same user and session. */
export interface Claims {
  user: string;
  session: string;
}

export interface ServerLinksOptions<C extends Claims> {
  clock: Clock;
  random: Random;
  /** The claims of a good ticket, used up by this; a fault (given or thrown) refuses it. */
  checkTicket(ticket: string): Promise<C | Fault>;
  /** A new link, open. Resuming one does not come here again. */
  onLink(link: Link, claims: C): void;
  limits?: Partial<LinkLimits>;
}

export interface ServerLinks {
  /** Takes a new connection; its first message must be a hello, in time. */
  accept(transport: Transport): void;
  /** Ends every link for good, and refuses new ones with the same code. */
  close(code: number, reason: string): void;
  /** Links that are open or cut. */
  count(): number;
  /** Links that are open right now. */
  attached(): number;
}

export function createServerLinks<C extends Claims>(options: ServerLinksOptions<C>): ServerLinks {
  const { clock, checkTicket } = options;
  const limits = linkLimits(options.limits);
  const held = new Map<string, { one: HeldLink; claims: Claims }>();
  /** Connections that have not said a good hello. */
  const strangers = new Set<Transport>();
  let shut: Refusal | null = null;

  const admit = (transport: Transport, hello: Hello, claims: C): Admitted | Refusal => {
    const known = held.get(hello.link);
    const refusal = known
      ? refusalToResume(known.claims, claims)
      : refusalToStart(hello, held.size, limits);
    if (refusal) return refusal;
    const one = known?.one ?? start(hello.link, claims);
    const admitted = one.attach(transport, hello);
    if (!admitted) return { code: closes.forgotten, reason: 'it cannot go on from there' };
    if (!known) options.onLink(one.link, claims);
    return admitted;
  };
  const start = (id: string, claims: C): HeldLink => {
    const one = createHeldLink({ clock, limits, onFinished: () => void held.delete(id) });
    held.set(id, { one, claims });
    return one;
  };
  return {
    accept: (transport) => {
      if (shut) return transport.close(shut.code, shut.reason);
      strangers.add(transport);
      receive({
        transport,
        clock,
        limits,
        checkTicket,
        admit: (hello, claims) => admit(transport, hello, claims),
        onSettled: () => void strangers.delete(transport),
      });
    },
    close: (code, reason) => {
      shut = { code, reason };
      const error = faultOfClose(code, reason)?.body() ?? fault('E_LINK_CLOSED').body();
      for (const transport of [...strangers]) transport.close(code, reason);
      for (const { one } of [...held.values()]) one.finish(error, code, reason);
    },
    count: () => held.size,
    attached: () => [...held.values()].filter(({ one }) => one.isAttached()).length,
  };
}

function refusalToStart(hello: Hello, count: number, limits: LinkLimits): Refusal | null {
  if (!hello.isNew || hello.received > 0) {
    return { code: closes.forgotten, reason: 'there is no such link' };
  }
  if (count >= limits.linksMax) return { code: closes.ticket, reason: 'too many links' };
  return null;
}

function refusalToResume(then: Claims, now: Claims): Refusal | null {
  const isSame = then.user === now.user && then.session === now.session;
  return isSame ? null : { code: closes.forgotten, reason: 'the link of another ticket' };
}
