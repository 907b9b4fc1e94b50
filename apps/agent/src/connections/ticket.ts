/** Checking one-time tickets; the format is in the protocol's `ticket.ts`. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@joh/clock';
import { fault, type Prepare, type TicketClaims, ticketClaims } from '@joh/protocol';
import { limits } from '#limits';

export interface TicketDesk {
  /**
   * Accepts a ticket once. Throws `E_SESSION_EPOCH_OLD` for one of an older claim, and
   * `E_TICKET_REFUSED` for every other that is not good now.
   */
  check(ticket: string): TicketClaims;
}

export function createTicketDesk(options: {
  clock: Clock;
  prepared: () => Prepare | null;
}): TicketDesk {
  /** Nonce → when its ticket expires. */
  const used = new Map<string, number>();
  return {
    check: (ticket) => {
      const prepared = options.prepared();
      const claims = prepared && readTicket(ticket, prepared.ticketKey);
      if (!claims || claims.session !== prepared.session) throw fault('E_TICKET_REFUSED');
      if (claims.epoch < prepared.epoch) throw fault('E_SESSION_EPOCH_OLD');
      const nowMs = options.clock.now();
      for (const [nonce, expiresAtMs] of used) if (expiresAtMs <= nowMs) used.delete(nonce);
      const isGood =
        claims.epoch === prepared.epoch &&
        claims.user === prepared.user.id &&
        claims.expiresAtMs > nowMs &&
        !used.has(claims.nonce) &&
        used.size < limits.ticketNoncesMax;
      if (!isGood) throw fault('E_TICKET_REFUSED');
      used.set(claims.nonce, claims.expiresAtMs);
      return claims;
    },
  };
}

/** The claims of a ticket whose HMAC is right, or null. */
function readTicket(ticket: string, ticketKey: string): TicketClaims | null {
  const [body = '', mac = '', ...more] = ticket.split('.');
  const wanted = createHmac('sha256', Buffer.from(ticketKey, 'base64url')).update(body).digest();
  const given = Buffer.from(mac, 'base64url');
  if (more.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return null;
  }
  try {
    return ticketClaims.parse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  } catch {
    return null;
  }
}
