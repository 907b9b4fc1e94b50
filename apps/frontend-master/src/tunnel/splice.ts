import type { Duplex } from 'node:stream';
import type { Clock } from '@joh/clock';

export interface Splice {
  /** Resolves when both sockets are closed; never rejects. */
  done: Promise<void>;
  /** Closes both at once. */
  cut(): void;
}

/**
 * Joins two sockets: what one gives, the other gets, with back-pressure in both directions, until
 * either ends; then the other may flush for `lingerMs`. Bytes are counted, never looked at.
 */
export function splice(
  a: Duplex,
  b: Duplex,
  { clock, lingerMs, onBytes }: { clock: Clock; lingerMs: number; onBytes(bytes: number): void },
): Splice {
  const { promise: done, resolve } = Promise.withResolvers<void>();
  let open = 2;
  let cancelLinger: (() => void) | null = null;
  const cut = () => {
    a.destroy();
    b.destroy();
  };
  const over = () => {
    cancelLinger ??= clock.after(lingerMs, cut);
  };
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on('data', (chunk: Uint8Array) => onBytes(chunk.length));
    from.on('error', () => from.destroy());
    from.on('end', over);
    from.on('close', () => {
      open -= 1;
      over();
      // What was received is still written; `pipe` ends `to` only after a regular end.
      to.end();
      if (open > 0) return;
      cancelLinger?.();
      resolve();
    });
    from.pipe(to);
  }
  return { done, cut };
}
