import { fault, type SessionId, type UserId } from '@joh/protocol';

/** A browser's upgrade request, as Node's parser gives it. */
export interface UpgradeHead {
  /** Path and query as received. */
  url: string;
  /** Names and values in turn, as received (`IncomingMessage.rawHeaders`). */
  rawHeaders: readonly string[];
}

/** Never passed on: they would let FM's credentials or a body reach the agent. */
const dropped = new Set([
  'cookie',
  'authorization',
  'proxy-authorization',
  'proxy-connection',
  'keep-alive',
  'te',
  'trailer',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  // Set below, once.
  'connection',
  'upgrade',
  'content-length',
]);
/** Ours alone, in every spelling that some server takes for the same name. */
const ours = /^x[-_]joh([-_]|$)/i;
/** RFC 9110 §5.6.2: a field name is a token. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 §5.5: no control character but the tab; Node gives values as latin-1. */
const value = /^[\t\x20-\x7e\x80-\xff]*$/;
/** RFC 9112 §3: no white space or control character in a request target. */
const target = /^\/[\x21-\x7e]*$/;

/**
 * The request that the agent's own server will read: the browser's, without credentials and without
 * anything that could be taken for ours, with who it is. Pure.
 * @param bytesMax of the result
 * @throws E_REQUEST_INVALID, E_REQUEST_TOO_LARGE
 */
export function rebuildHead(
  { url, rawHeaders }: UpgradeHead,
  identity: { user: UserId; session: SessionId },
  bytesMax: number,
): Uint8Array {
  if (!target.test(url)) throw invalid('the address has a character that it must not have');
  const lines = [`GET ${url} HTTP/1.1`];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const text = rawHeaders[i + 1] ?? '';
    if (!token.test(name)) throw invalid('a header has a name that it must not have');
    if (!value.test(text))
      throw invalid(`the header ${name} has a character that it must not have`);
    const lower = name.toLowerCase();
    if (lower === 'transfer-encoding') throw invalid('an upgrade has no body');
    if (lower === 'content-length' && text.trim() !== '0') throw invalid('an upgrade has no body');
    if (dropped.has(lower) || ours.test(name)) continue;
    lines.push(`${name}: ${text}`);
  }
  if (!value.test(identity.user)) throw invalid('the account cannot be named');
  lines.push('connection: Upgrade', 'upgrade: websocket');
  lines.push(`x-joh-user: ${identity.user}`, `x-joh-session: ${identity.session}`, '', '');
  const bytes = Buffer.from(lines.join('\r\n'), 'latin1');
  if (bytes.length > bytesMax) throw fault('E_REQUEST_TOO_LARGE', { limitBytes: bytesMax });
  return bytes;
}

function invalid(reason: string) {
  return fault('E_REQUEST_INVALID', { reason });
}
