/** One request to a Docker daemon's socket. */
import { type IncomingMessage, request } from 'node:http';

export interface EngineRequest {
  method?: 'GET' | 'POST' | 'DELETE';
  /** Sent as JSON, or as it is when it is a stream. */
  body?: object | NodeJS.ReadableStream;
  /** How long nothing may be heard. */
  timeoutMs?: number;
}

const silenceTimeoutMs = 60_000;

/** The answer's text; rejects when the status is 300 or more. */
export async function askEngine(
  socketPath: string,
  path: string,
  options: EngineRequest = {},
): Promise<string> {
  return textOf(await streamEngine(socketPath, path, options));
}

/** The same for an answer that is too long for a text. */
export function streamEngine(
  socketPath: string,
  path: string,
  { method = 'GET', body, timeoutMs = silenceTimeoutMs }: EngineRequest = {},
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const isStream = body !== undefined && 'pipe' in body;
  const type = isStream ? 'application/x-tar' : 'application/json';
  const headers = body ? { 'content-type': type } : {};
  const asked = request({ socketPath, method, path, timeout: timeoutMs, headers }, (answer) => {
    const { statusCode = 0 } = answer;
    if (statusCode < 300) return resolve(answer);
    textOf(answer).then(
      (text) => reject(new Error(`${method} ${path}: ${statusCode} ${text}`)),
      reject,
    );
  });
  asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer')));
  if (isStream) body.on('error', reject).pipe(asked);
  else asked.end(body && JSON.stringify(body));
  return promise;
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) text += chunk;
  return text;
}
