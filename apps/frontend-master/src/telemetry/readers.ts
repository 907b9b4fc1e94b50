/** Who may read `/metrics`. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { fault } from '@joh/protocol';

/** A proxy adds one of these: what it hands on comes from elsewhere, though its socket is local. */
const forwarded = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded', 'via'];

/**
 * With a token: who shows it as bearer. Without: this machine alone, directly.
 * @throws {Fault} E_METRICS_REFUSED
 */
export function admitReader(
  token: string | undefined,
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
): void {
  const isAdmitted =
    token === undefined
      ? isLoopback(socket.remoteAddress ?? '') &&
        isLoopbackName(headers.host ?? '') &&
        forwarded.every((name) => headers[name] === undefined)
      : isSame(`Bearer ${token}`, headers.authorization ?? '');
  if (!isAdmitted) throw fault('E_METRICS_REFUSED');
}

function isLoopback(address: string): boolean {
  return /^(::ffff:)?127\.|^::1$/.test(address);
}

/** A page of another site may have its name point at this machine. */
function isLoopbackName(host: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])(:\d+)?$/i.test(host);
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
