/** A language server of twenty lines: it marks the word TODO and says hello on hover. */
import type { Channel } from '@joh/link';

interface Message {
  id?: number;
  method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's messages, as they come.
  params?: any;
}

export function serveLanguage(channel: Channel): void {
  const send = (message: object) => {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    channel.send(new TextEncoder().encode(text)).catch(() => undefined);
  };
  const check = (uri: string, text: string) => {
    const diagnostics = text.split('\n').flatMap((line, number) => {
      const at = line.indexOf('TODO');
      if (at < 0) return [];
      const start = { line: number, character: at };
      const range = { start, end: { line: number, character: at + 4 } };
      return [{ range, severity: 2, source: 'simulated', message: 'Something is to do here' }];
    });
    send({ method: 'textDocument/publishDiagnostics', params: { uri, diagnostics } });
  };
  channel.onMessage((bytes) => {
    const { id, method, params } = JSON.parse(new TextDecoder().decode(bytes)) as Message;
    if (method === 'initialize')
      send({ id, result: { capabilities: { textDocumentSync: 1, hoverProvider: true } } });
    else if (method === 'textDocument/didOpen')
      check(params.textDocument.uri, params.textDocument.text);
    else if (method === 'textDocument/didChange')
      check(params.textDocument.uri, params.contentChanges[0].text);
    else if (method === 'textDocument/hover')
      send({ id, result: { contents: { kind: 'markdown', value: '**simulated** hover' } } });
    else if (id !== undefined && method) send({ id, result: null });
  });
}
