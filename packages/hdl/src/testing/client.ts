/** A client that speaks to the server as a child process, over the real protocol. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  createProtocolConnection,
  type Diagnostic,
  type InitializeResult,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';

export interface Client {
  readonly connection: ProtocolConnection;
  readonly child: ChildProcess;
  readonly initialized: InitializeResult;
  /** Warnings the server logged. */
  readonly logged: readonly string[];
  open(path: string, text: string): string;
  change(path: string, text: string): void;
  save(path: string): void;
  /** The newest diagnostics of a file that satisfy `isWanted`; fails after a deadline. */
  diagnostics(path: string, isWanted: (list: Diagnostic[]) => boolean): Promise<Diagnostic[]>;
  /** Ends the server in order and resolves with its exit code. */
  close(): Promise<number | null>;
}

const deadlineMs = 30_000;

export async function startClient(options: {
  root: string;
  env?: Record<string, string>;
  initializationOptions?: unknown;
}): Promise<Client> {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code: number | null) => resolve(code));
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const logged: string[] = [];
  const newest = new Map<string, PublishDiagnosticsParams>();
  const waiting = new Set<() => void>();
  connection.onNotification('textDocument/publishDiagnostics', (params) => {
    newest.set(params.uri, params);
    for (const wake of waiting) wake();
  });
  connection.onNotification('window/logMessage', (params) => {
    logged.push(params.message);
  });
  connection.listen();
  const uriOf = (path: string) => pathToFileURL(path).href;
  const initialized = (await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: uriOf(options.root),
    workspaceFolders: [{ uri: uriOf(options.root), name: 'test' }],
    capabilities: {},
    initializationOptions: options.initializationOptions,
  })) as InitializeResult;
  void connection.sendNotification('initialized', {});
  let version = 0;
  return {
    connection,
    child,
    initialized,
    logged,
    open(path, text) {
      const textDocument = {
        uri: uriOf(path),
        languageId: 'systemverilog',
        version: ++version,
        text,
      };
      void connection.sendNotification('textDocument/didOpen', { textDocument });
      return textDocument.uri;
    },
    change(path, text) {
      void connection.sendNotification('textDocument/didChange', {
        textDocument: { uri: uriOf(path), version: ++version },
        contentChanges: [{ text }],
      });
    },
    save(path) {
      void connection.sendNotification('textDocument/didSave', {
        textDocument: { uri: uriOf(path) },
      });
    },
    diagnostics(path, isWanted) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const list = newest.get(uriOf(path))?.diagnostics;
          if (!list || !isWanted(list)) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(list);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const have = JSON.stringify(newest.get(uriOf(path))?.diagnostics ?? null);
          reject(new Error(`no such diagnostics in ${deadlineMs} ms; last: ${have}`));
        }, deadlineMs);
        waiting.add(look);
        look();
      });
    },
    async close() {
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      const code = await exited;
      connection.dispose();
      return code;
    },
  };
}
