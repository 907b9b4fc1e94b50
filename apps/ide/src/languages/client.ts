/** One language server of the agent, spoken to over its channel. Loaded when a file needs it. */
import type { LanguageServer } from '@joh/protocol';
import { BaseLanguageClient, CloseAction, ErrorAction } from 'vscode-languageclient/browser.js';
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  type DataCallback,
  type Message,
  type MessageReader,
  type MessageWriter,
} from 'vscode-languageserver-protocol';
import type { JsonStream } from '../agent/agent.ts';

export interface ClientOptions {
  server: LanguageServer;
  connect: () => Promise<JsonStream>;
}

/** Starts it; resolves with what ends it. */
export async function startClient({
  server,
  connect,
}: ClientOptions): Promise<() => Promise<void>> {
  const client = new ChannelClient(server, connect);
  await client.start();
  return () => client.stop();
}

/** The library offers its base only as a class to extend. */
class ChannelClient extends BaseLanguageClient {
  readonly #connect: () => Promise<JsonStream>;
  constructor(server: LanguageServer, connect: () => Promise<JsonStream>) {
    super(`joh.${server.id}`, server.title, {
      // Only files on disk: the version of the last commit must not be checked a second time.
      documentSelector: server.languages.map((language) => ({ scheme: 'file', language })),
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        // A server that ends is started again by the next file that needs it.
        closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
      },
    });
    this.#connect = connect;
  }
  protected override async createMessageTransports() {
    const stream = await this.#connect();
    return { reader: reader(stream), writer: writer(stream) };
  }
}

function reader(stream: JsonStream): MessageReader {
  class ChannelReader extends AbstractMessageReader {
    listen(callback: DataCallback) {
      stream.onMessage((message) => callback(message as Message));
      stream.onClose(() => this.fireClose());
      return { dispose: () => stream.close() };
    }
  }
  return new ChannelReader();
}

function writer(stream: JsonStream): MessageWriter {
  class ChannelWriter extends AbstractMessageWriter {
    write(message: Message) {
      return stream.send(message);
    }
    end() {}
  }
  return new ChannelWriter();
}
