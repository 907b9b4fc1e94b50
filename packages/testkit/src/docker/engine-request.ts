/** One request to a Docker daemon's socket. */
import { request } from 'node:http';

export interface EngineRequest {
  method?: 'GET' | 'POST' | 'DELETE';
  /** Sent as JSON, or as it is when it is a stream. */
  body?: object | NodeJS.ReadableStream;
  headers?: Record<string, string>;
  /** How long nothing may be heard. */
  timeoutMs?: number;
}

const silenceTimeoutMs = 60_000;

/** The answer's text; rejects when the status is 300 or more. */
export function askEngine(
  socketPath: string,
  path: string,
  { method = 'GET', body, headers = {}, timeoutMs = silenceTimeoutMs }: EngineRequest = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const isStream = body !== undefined && 'pipe' in body;
  const type = isStream ? 'application/x-tar' : 'application/json';
  const asked = request(
    {
      ...{ socketPath, method, path, timeout: timeoutMs },
      headers: { ...(body && { 'content-type': type }), ...headers },
    },
    (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('error', reject).on('end', () => {
        const { statusCode = 0 } = answer;
        if (statusCode < 300) resolve(text);
        else reject(new Error(`${method} ${path}: ${statusCode} ${text}`));
      });
    },
  );
  asked.on('error', reject).on('timeout', () => asked.destroy(new Error('no answer')));
  if (isStream) body.on('error', reject).pipe(asked);
  else asked.end(body && JSON.stringify(body));
  return promise;
}
