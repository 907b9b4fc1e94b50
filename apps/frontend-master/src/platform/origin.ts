import { fault } from '@joh/protocol';
import type { FastifyRequest } from 'fastify';

export interface Origins {
  publicUrl: string | undefined;
  /** Where the server listens; null before it does. */
  listening: string | null;
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Reports whether an `Origin` header is exactly this product's own address. */
export function isOwn(origins: Origins, origin: string | undefined): boolean {
  if (origin === undefined) return false;
  if (origins.publicUrl !== undefined) return origin === new URL(origins.publicUrl).origin;
  if (origins.listening === null) return false;
  const own = new URL(origins.listening);
  // On loopback people type either name.
  return origin === own.origin || origin === `http://localhost:${own.port}`;
}

/**
 * Refuses what another site's page sends: an unsafe method with a foreign `Origin`, and one that a
 * browser signed with its cookie without saying where it comes from. Clients with a bearer token
 * have no cookie and no origin and pass.
 */
export function guardOrigin(origins: Origins) {
  return async (request: FastifyRequest): Promise<void> => {
    if (safeMethods.has(request.method)) return;
    const { origin, cookie, authorization } = request.headers;
    const isBrowser = origin !== undefined || (cookie !== undefined && authorization === undefined);
    if (isBrowser && !isOwn(origins, origin)) throw fault('E_ORIGIN_FOREIGN');
  };
}
