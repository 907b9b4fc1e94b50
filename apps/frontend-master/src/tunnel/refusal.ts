import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Fault, fault, isFault } from '@joh/protocol';

/** Answers an upgrade request with a fault, as ordinary HTTP, and closes the connection. */
export function refuse(socket: Duplex, error: unknown): void {
  const known: Fault = isFault(error) ? error : fault('E_INTERNAL', { reference: 'tunnel' });
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify({ error: known.body() });
  socket.end(
    [
      `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status] ?? 'Error'}`,
      'connection: close',
      'content-type: application/json; charset=utf-8',
      'cache-control: no-store',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
  // The rest of what the client sends is nobody's; it is read so that the answer can be.
  socket.resume();
}

/** The bearer token of a request, or null. */
export function bearerOf(authorization: string | undefined): string | null {
  return /^Bearer ([\w.~+/=-]{1,512})$/i.exec(authorization ?? '')?.[1] ?? null;
}
