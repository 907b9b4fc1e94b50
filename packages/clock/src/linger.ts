import type { Clock } from './clock.ts';

/** As long as nginx's `lingering_timeout` is by half; an answer needs one round trip. */
const lingerMs = 2_500;

/** As much of an HTTP request as this needs. */
interface IncomingRequest {
  /** Whether all of it has arrived. */
  readonly complete: boolean;
  once(event: 'close', listener: () => void): unknown;
  resume(): unknown;
  destroy(): unknown;
}

/**
 * After a refusal: a client that is still sending reads the answer only if it is listened to for a
 * moment. What it sends is dropped, and then the connection.
 */
export function linger(request: IncomingRequest, clock: Pick<Clock, 'after'>): void {
  if (request.complete) return;
  const cancel = clock.after(lingerMs, () => request.destroy());
  request.once('close', cancel);
  request.resume();
}
