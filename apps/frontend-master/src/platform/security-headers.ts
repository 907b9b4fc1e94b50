import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Origins } from './origin.ts';

/** For every answer that names no policy of its own: our pages have one script and one style file. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sets what is missing of the headers that keep a page from being misused. */
export function securityHeaders(origins: Origins) {
  return async (
    _request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
  ): Promise<unknown> => {
    const set = (name: string, value: string) => {
      if (!reply.hasHeader(name)) void reply.header(name, value);
    };
    set('content-security-policy', contentSecurityPolicy);
    set('x-content-type-options', 'nosniff');
    set('referrer-policy', 'same-origin');
    set('cross-origin-opener-policy', 'same-origin');
    set('cross-origin-resource-policy', 'same-origin');
    if (origins.publicUrl?.startsWith('https:')) {
      set('strict-transport-security', 'max-age=31536000');
    }
    return payload;
  };
}
