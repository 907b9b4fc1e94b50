/** JSON-RPC 2.0 messages over a pipe, for vscode-jsonrpc. */
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Disposable,
  type Message,
  type MessageReader,
  type MessageWriter,
} from '#jsonrpc';
import { decodeJson, encodeJson } from './frame.ts';
import type { MessagePipe } from './link.ts';

export interface PipeMessages {
  reader: MessageReader;
  writer: MessageWriter;
}

/**
 * The two halves that `createMessageConnection` wants. `onBroken` hears of a message that is not
 * JSON-RPC. The pipe's end is the reader's end.
 */
export function pipeMessages(pipe: MessagePipe, onBroken: (reason: string) => void): PipeMessages {
  const reader = new PipeReader(pipe, onBroken);
  return { reader, writer: new PipeWriter(pipe) };
}

class PipeReader extends AbstractMessageReader implements MessageReader {
  readonly #pipe: MessagePipe;
  readonly #onBroken: (reason: string) => void;
  constructor(pipe: MessagePipe, onBroken: (reason: string) => void) {
    super();
    this.#pipe = pipe;
    this.#onBroken = onBroken;
  }
  override listen(callback: DataCallback): Disposable {
    this.#pipe.onMessage((bytes) => {
      const message = decodeJson(bytes);
      const isMessage = typeof message === 'object' && message !== null && 'jsonrpc' in message;
      if (isMessage) callback(message as Message);
      else this.#onBroken('a message that is not JSON-RPC');
    });
    this.#pipe.onClose(() => this.fireClose());
    return { dispose: () => undefined };
  }
}

class PipeWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #pipe: MessagePipe;
  constructor(pipe: MessagePipe) {
    super();
    this.#pipe = pipe;
  }
  async write(message: Message): Promise<void> {
    await this.#pipe.send(encodeJson(message));
  }
  end(): void {
    // The pipe is closed by whoever closes the connection.
  }
}
