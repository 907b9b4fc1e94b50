/** What an exchange came to, for whoever counts them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Wanted } from './request.ts';

export interface CacheAnswer {
  access: 'read' | 'write';
  kind: 'narinfo' | 'nar' | 'other';
  /** `missing`: there is no such path; `cut`: the client went before the end. */
  outcome: 'served' | 'missing' | 'refused' | 'failed' | 'cut';
  /** Of the body. */
  receivedBytes: number;
  /** With the answer's head. */
  sentBytes: number;
}

/** Tells of one exchange when it is over. */
export function watchAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  wanted: Wanted | null,
  tell: (answer: CacheAnswer) => void,
): void {
  const { socket } = request;
  const { bytesRead, bytesWritten } = socket;
  response.once('close', () => {
    const announced = Number(request.headers['content-length'] ?? Number.NaN);
    const isWhole = request.complete && Number.isFinite(announced);
    tell({
      access: request.method === 'PUT' ? 'write' : 'read',
      kind: wanted?.kind === 'narinfo' || wanted?.kind === 'nar' ? wanted.kind : 'other',
      outcome: outcomeOf(response),
      // What came with the head was read before this.
      receivedBytes: isWhole ? announced : socket.bytesRead - bytesRead,
      sentBytes: socket.bytesWritten - bytesWritten,
    });
  });
}

function outcomeOf({ statusCode, writableFinished }: ServerResponse): CacheAnswer['outcome'] {
  if (!writableFinished) return 'cut';
  if (statusCode < 400) return 'served';
  if (statusCode === 404) return 'missing';
  return statusCode < 500 ? 'refused' : 'failed';
}
