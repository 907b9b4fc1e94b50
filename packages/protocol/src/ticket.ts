/**
 * One-time tickets. FM makes one for a signed-in owner of a session; the page shows it in the
 * first frame of its websocket; the agent checks it and refuses the second use.
 *
 * `ticket = base64url(JSON {session, epoch, user, nonce, expiresAtMs}) "." base64url(HMAC-SHA256(ticketKey, first part))`
 */
import { z } from 'zod';
import { sessionId, userId } from './ids.ts';

export const ticketClaims = z.object({
  session: sessionId,
  epoch: z.number().int().positive(),
  user: userId,
  nonce: z.string().min(16),
  expiresAtMs: z.number().int(),
});
export type TicketClaims = z.infer<typeof ticketClaims>;
