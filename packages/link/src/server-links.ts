/** The agent's side: takes connections, checks tickets, keeps cut links until they are resumed. */
import type { Clock, Random } from '@joh/clock';
import { closes, Fault, type FaultBody, fault, isFault } from '@joh/protocol';
import { closedOnPurpose, closeOfRefusal, faultOfClose } from './close-fault.ts';
import { createEndpoint, type Endpoint } from './endpoint.ts';
import { type Hello, linkVersion } from './frame.ts';
import { decodeHello, encodeWelcome } from './hello.ts';
import { type LinkLimits, linkLimits } from './limits.ts';
import type { Link, Transport } from './link.ts';
import { createStates, type States } from './states.ts';

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

interface Held {
  endpoint: Endpoint;
  states: States;
  claims: Claims;
  transport: Transport | null;
  /** Cancels the end of a cut link. */
  expiry: (() => void) | null;
  link: Link;
}

export function createServerLinks<C extends Claims>(options: ServerLinksOptions<C>): ServerLinks {
  const { clock } = options;
  const limits = linkLimits(options.limits);
  const held = new Map<string, Held>();
  /** Connections that have not said a good hello. */
  const strangers = new Set<Transport>();
  let shut: { code: number; reason: string } | null = null;

  const finish = (id: string, error: FaultBody | null, code: number, reason = '') => {
    const one = held.get(id);
    if (!one) return;
    held.delete(id);
    one.expiry?.();
    const { transport } = one;
    one.transport = null;
    one.states.set('closed', { fault: error, code });
    one.endpoint.close(error);
    transport?.close(code, reason.slice(0, 100));
  };
  const cut = (id: string, transport: Transport, code: number | null) => {
    const one = held.get(id);
    if (one?.transport !== transport) return;
    one.transport = null;
    one.endpoint.detach();
    one.expiry?.();
    one.expiry = clock.after(limits.detachMs, () =>
      finish(id, fault('E_LINK_FORGOTTEN').body(), closes.forgotten),
    );
    transport.close();
    one.states.set('cut', { code });
  };
  const create = (id: string, claims: C): Held => {
    const states = createStates('open');
    const endpoint = createEndpoint({
      clock,
      limits,
      role: 'server',
      onTrouble: ({ kind, reason }) => {
        const transport = held.get(id)?.transport;
        if (kind === 'protocol') {
          finish(id, fault('E_LINK_PROTOCOL', { reason }).body(), closes.protocol, reason);
        } else if (transport) cut(id, transport, null);
      },
    });
    const link: Link = {
      open: endpoint.open,
      onChannel: endpoint.onChannel,
      get state() {
        return states.state;
      },
      get detail() {
        return states.detail;
      },
      onState: states.listen,
      rttMs: endpoint.rttMs,
      close: (code = closedOnPurpose, reason = '') => finish(id, null, code, reason),
    };
    const one: Held = { endpoint, states, claims, transport: null, expiry: null, link };
    held.set(id, one);
    return one;
  };
  const welcome = (hello: Hello, transport: Transport, claims: C): Link | Refusal => {
    const known = held.get(hello.link);
    if (!known && (!hello.isNew || hello.received > 0)) {
      return { code: closes.forgotten, reason: 'no such link' };
    }
    if (!known && held.size >= limits.linksMax) {
      return { code: closes.ticket, reason: 'too many links' };
    }
    if (known && (known.claims.user !== claims.user || known.claims.session !== claims.session)) {
      return { code: closes.forgotten, reason: 'not the link of this ticket' };
    }
    const one = known ?? create(hello.link, claims);
    one.expiry?.();
    one.expiry = null;
    const older = one.transport;
    one.transport = null;
    one.endpoint.detach();
    older?.close();
    const received = one.endpoint.received();
    transport.send(
      encodeWelcome({ version: linkVersion, received, creditBytes: limits.creditBytes }),
    );
    if (!one.endpoint.attach(transport, hello)) {
      finish(hello.link, fault('E_LINK_FORGOTTEN').body(), closes.forgotten);
      return { code: closes.forgotten, reason: 'cannot be resumed from there' };
    }
    one.transport = transport;
    if (known) one.states.set('open');
    else options.onLink(one.link, claims);
    return one.link;
  };
  return {
    accept: (transport) => {
      if (shut) return transport.close(shut.code, shut.reason);
      acceptOne(transport);
    },
    close: (code, reason) => {
      shut = { code, reason };
      const error = faultOfClose(code, reason)?.body() ?? fault('E_LINK_CLOSED').body();
      for (const transport of strangers) transport.close(code, reason);
      strangers.clear();
      for (const id of [...held.keys()]) finish(id, error, code, reason);
    },
    count: () => held.size,
    attached: () => [...held.values()].filter((one) => one.transport !== null).length,
  };

  function acceptOne(transport: Transport): void {
    let stage: 'hello' | 'check' | 'open' | 'over' = 'hello';
    let id = '';
    const refuse = (code: number, reason: string) => {
      if (stage === 'open' || stage === 'over') return;
      stage = 'over';
      done();
      transport.close(code, reason);
    };
    const done = () => {
      cancel();
      strangers.delete(transport);
    };
    const cancel = clock.after(limits.helloMs, () =>
      refuse(closes.protocol, stage === 'hello' ? 'no hello in time' : 'no answer in time'),
    );
    strangers.add(transport);
    transport.onClose((code) => {
      const wasOpen = stage === 'open';
      stage = 'over';
      done();
      if (!wasOpen) return;
      if (held.get(id)?.transport !== transport) return;
      if (code === closedOnPurpose) finish(id, null, code);
      else if (code === closes.protocol) finish(id, faultOfClose(code, '')?.body() ?? null, code);
      else cut(id, transport, code);
    });
    const check = async (hello: Hello) => {
      const claims = await options.checkTicket(hello.ticket);
      if (stage !== 'check') return;
      if (claims instanceof Fault) return refuse(closeOfRefusal(claims), claims.code);
      const result = welcome(hello, transport, claims);
      if ('code' in result) return refuse(result.code, result.reason);
      stage = 'open';
      done();
    };
    transport.onMessage((message) => {
      if (stage === 'open') {
        if (held.get(id)?.transport === transport) held.get(id)?.endpoint.receive(message);
        return;
      }
      if (stage !== 'hello') return refuse(closes.protocol, 'a message before the welcome');
      const hello = decodeHello(message);
      if (!hello) return refuse(closes.protocol, 'the first frame is not a hello');
      if (hello.version !== linkVersion) return refuse(closes.protocol, 'another version');
      stage = 'check';
      id = hello.link;
      check(hello).catch((error: unknown) =>
        refuse(closeOfRefusal(error), isFault(error) ? error.code : 'E_INTERNAL'),
      );
    });
  }
}

interface Refusal {
  code: number;
  reason: string;
}
