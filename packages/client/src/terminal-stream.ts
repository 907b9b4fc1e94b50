/** A terminal's bytes. */
import type { Link } from '@joh/link';
import { type Fault, faultOf } from '@joh/protocol';

export interface TerminalStream {
  /** First the screen and scrollback, then output; the next waits for the promise. */
  onData(listener: (data: Uint8Array) => void | Promise<void>): void;
  /** Input. Rejects when the terminal is gone. */
  write(data: Uint8Array): Promise<void>;
  /** Once: null when the terminal ended or was closed here, else what went wrong. */
  onEnd(listener: (error: Fault | null) => void): void;
  /** Stops watching it; the terminal goes on. */
  close(): void;
}

/** Attaches to a terminal that `terminals.create` or `terminals.list` named. */
export function openTerminal(link: Link, id: string): TerminalStream {
  const channel = link.open('terminal', { terminal: id });
  channel.onEnd(() => channel.end());
  return {
    onData: (listener) => channel.onMessage(listener),
    write: (data) => channel.send(data),
    onEnd: (listener) => channel.onClose((error) => listener(error ? faultOf(error) : null)),
    close: () => channel.close(),
  };
}
