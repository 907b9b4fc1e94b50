/** The first frame of each side: made, and read with suspicion. */
import {
  decodeJson,
  decodeMessage,
  encodeJson,
  encodeMessage,
  frameType,
  type Hello,
  type Welcome,
} from './frame.ts';

export function encodeHello(hello: Hello): Uint8Array {
  return encodeMessage(0, [{ type: frameType.hello, value: 0, payload: encodeJson(hello) }]);
}

export function encodeWelcome(welcome: Welcome): Uint8Array {
  return encodeMessage(0, [{ type: frameType.welcome, value: 0, payload: encodeJson(welcome) }]);
}

/** The hello of a client's first message, or null when it is anything else. */
export function decodeHello(message: Uint8Array): Hello | null {
  const body = bodyOf(message, frameType.hello);
  if (!body || !hasWelcome(body)) return null;
  const { link, isNew, ticket } = body;
  if (typeof link !== 'string' || !/^link_[0-9a-v]{26}$/.test(link)) return null;
  if (typeof isNew !== 'boolean' || typeof ticket !== 'string') return null;
  return { ...body, link, isNew, ticket };
}

/** The welcome of a server's first message, or null when it is anything else. */
export function decodeWelcome(message: Uint8Array): Welcome | null {
  const body = bodyOf(message, frameType.welcome);
  return body && hasWelcome(body) ? body : null;
}

function bodyOf(message: Uint8Array, type: number): Record<string, unknown> | null {
  const frames = decodeMessage(message)?.frames;
  const [frame] = frames ?? [];
  if (!frame || frames?.length !== 1 || frame.type !== type) return null;
  const body = decodeJson(frame.payload);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : null;
}

function hasWelcome(body: Record<string, unknown>): body is Record<string, unknown> & Welcome {
  return [body.version, body.received, body.creditBytes].every(
    (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  );
}
