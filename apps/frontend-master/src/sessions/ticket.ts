import { createHmac } from 'node:crypto';
import type { TicketClaims } from '@joh/protocol';

/** Makes a one-time ticket, see `packages/protocol/src/ticket.ts`. `ticketKey` is base64url. */
export function createTicket(claims: TicketClaims, ticketKey: string): string {
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const key = Buffer.from(ticketKey, 'base64url');
  const signature = createHmac('sha256', key).update(body).digest('base64url');
  return `${body}.${signature}`;
}
