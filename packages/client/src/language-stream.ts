/** JSON messages both ways: a language server's protocol. */
import type { Link } from '@joh/link';
import { type Fault, faultOf } from '@joh/protocol';

export interface JsonStream {
  /** Rejects when the server is gone. */
  send(message: unknown): Promise<void>;
  onMessage(listener: (message: unknown) => void): void;
  /** Once: null for an orderly end. */
  onClose(listener: (error: Fault | null) => void): void;
  close(): void;
}

/** Starts or joins a language server that `languages.list` named. */
export function openLanguage(link: Link, server: string): JsonStream {
  const channel = link.open('language', { server });
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  channel.onEnd(() => channel.end());
  return {
    send: (message) => channel.send(encoder.encode(JSON.stringify(message))),
    onMessage: (listener) =>
      channel.onMessage((bytes) => listener(JSON.parse(decoder.decode(bytes)))),
    onClose: (listener) => channel.onClose((error) => listener(error ? faultOf(error) : null)),
    close: () => channel.close(),
  };
}
