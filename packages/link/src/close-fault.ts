/** What the end of a connection means. */
import { closes, type Fault, fault, isFault } from '@joh/protocol';

/** The fault that a close code stands for, or null when the connection was merely cut. */
export function faultOfClose(code: number, reason: string): Fault | null {
  switch (code) {
    case closes.ended:
      return fault('E_SESSION_ENDED');
    case closes.ticket:
      return fault('E_TICKET_REFUSED');
    case closes.moved:
      return fault('E_SESSION_EPOCH_OLD');
    case closes.protocol:
      return fault('E_LINK_PROTOCOL', { reason: reason || 'no reason given' });
    case closes.forgotten:
      return fault('E_LINK_FORGOTTEN');
    default:
      return null;
  }
}

/** The close code for a refused ticket. */
export function closeOfRefusal(error: unknown): number {
  if (isFault(error, 'E_SESSION_ENDED')) return closes.ended;
  if (isFault(error, 'E_SESSION_EPOCH_OLD')) return closes.moved;
  return closes.ticket;
}

/** RFC 6455 §7.4.1: the purpose of the connection is fulfilled. The link is over, not cut. */
export const closedOnPurpose = 1000;

/** RFC 6455 §7.4.1: the browser has left the page, and with it went the client's side of the link. */
export const pageLeft = 1001;
