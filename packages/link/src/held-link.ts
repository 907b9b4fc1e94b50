/** One link at the server, from its first connection over its cuts to its end. */
import type { Clock } from '@joh/clock';
import { closes, type FaultBody, fault } from '@joh/protocol';
import { closedOnPurpose, faultOfClose, pageLeft } from './close-fault.ts';
import { createEndpoint } from './endpoint.ts';
import { type Hello, linkVersion } from './frame.ts';
import { encodeWelcome } from './hello.ts';
import type { LinkLimits } from './limits.ts';
import type { Link, Transport } from './link.ts';
import { linkView } from './link-view.ts';
import type { Admitted } from './reception.ts';
import { createStates } from './states.ts';

export interface HeldLink {
  link: Link;
  isAttached(): boolean;
  /** Goes on over this connection, or ends the link and gives null. */
  attach(transport: Transport, hello: Hello): Admitted | null;
  finish(error: FaultBody | null, code: number, reason?: string): void;
}

export interface HeldLinkOptions {
  clock: Clock;
  limits: LinkLimits;
  onFinished(): void;
}

export function createHeldLink({ clock, limits, onFinished }: HeldLinkOptions): HeldLink {
  const states = createStates('open');
  let current: Transport | null = null;
  /** Cancels the end of a cut link. */
  let expiry: (() => void) | null = null;
  const endpoint = createEndpoint({
    clock,
    limits,
    role: 'server',
    onTrouble: ({ kind, reason }) => {
      if (kind === 'protocol') finish(protocolFault(reason), closes.protocol, reason);
      else cut(null);
    },
  });
  const stopExpiry = () => {
    expiry?.();
    expiry = null;
  };
  const finish: HeldLink['finish'] = (error, code, reason = '') => {
    if (states.state === 'closed') return;
    stopExpiry();
    const transport = current;
    current = null;
    states.set('closed', { fault: error, code });
    endpoint.close(error);
    transport?.close(code, reason);
    onFinished();
  };
  const cut = (code: number | null) => {
    const transport = current;
    if (!transport) return;
    current = null;
    endpoint.detach();
    transport.close();
    stopExpiry();
    expiry = clock.after(limits.detachMs, () =>
      finish(fault('E_LINK_FORGOTTEN').body(), closes.forgotten),
    );
    states.set('cut', { code });
  };
  const attach: HeldLink['attach'] = (transport, hello) => {
    stopExpiry();
    const older = current;
    current = null;
    endpoint.detach();
    older?.close();
    const { creditBytes } = limits;
    const welcome = { version: linkVersion, received: endpoint.received(), creditBytes };
    transport.send(encodeWelcome(welcome));
    if (!endpoint.attach(transport, hello)) {
      finish(fault('E_LINK_FORGOTTEN').body(), closes.forgotten);
      return null;
    }
    current = transport;
    if (states.state !== 'open') states.set('open');
    return {
      onMessage: (message) => {
        if (current === transport) endpoint.receive(message);
      },
      onClose: (code) => {
        if (current !== transport) return;
        if (code === closedOnPurpose || code === pageLeft) finish(null, code);
        else if (code === closes.protocol) finish(faultOfClose(code, '')?.body() ?? null, code);
        else cut(code);
      },
    };
  };
  const link = linkView(endpoint, states, (code = closedOnPurpose, reason) =>
    finish(null, code, reason),
  );
  return { link, isAttached: () => current !== null, attach, finish };
}

function protocolFault(reason: string): FaultBody {
  return fault('E_LINK_PROTOCOL', { reason }).body();
}
