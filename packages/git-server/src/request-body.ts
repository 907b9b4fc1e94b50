import type { IncomingMessage } from 'node:http';
import type { Writable } from 'node:stream';

/**
 * Feeds a request's body to git with back-pressure. Resolves when the body is over.
 *
 * git may answer and stop reading before all is sent; the rest is then read and dropped, because a
 * client that is still sending does not read the answer. (`pipeline` would destroy the socket that
 * the answer goes out on.) A body over `bytesMax` is cut off with its connection.
 */
export function feedBody(
  request: IncomingMessage,
  stdin: Writable,
  bytesMax: number,
): Promise<void> {
  return new Promise((resolve) => {
    let size = 0;
    let isRead = true;
    stdin.on('drain', () => request.resume());
    const drop = () => {
      isRead = false;
      request.resume();
    };
    stdin.on('error', drop);
    stdin.on('close', drop);
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytesMax) request.destroy();
      else if (isRead && !stdin.write(chunk)) request.pause();
    });
    request.on('end', () => {
      stdin.end();
      resolve();
    });
    request.on('close', () => {
      // A whole body may still be on its way through the pipe: only a cut one ends git.
      if (!request.complete) stdin.destroy();
      resolve();
    });
    request.on('error', () => undefined);
  });
}
