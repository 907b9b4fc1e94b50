import { fileURLToPath } from 'node:url';
import {
  type CancellationToken,
  type Connection,
  DidChangeWatchedFilesNotification,
  type InitializeParams,
  type InitializeResult,
  type Location,
  MarkupKind,
  type Position,
  type Range,
  TextDocumentSyncKind,
} from 'vscode-languageserver';
import { complete } from './completion.ts';
import type { OpenDocument } from './documents.ts';
import type { Grammar, GrammarFiles } from './grammar.ts';
import { commentAt, describe } from './hover.ts';
import { headerNamed } from './lint/plan.ts';
import type { LintTool } from './lint/tool.ts';
import { folds, outline, searchSymbols } from './outline.ts';
import type { Found } from './project.ts';
import { occurrences } from './references.ts';
import { type Resolved, resolveAt } from './resolve.ts';
import { signatureAt } from './signature.ts';
import { contains, isDesignUnit } from './symbols.ts';
import { canonicalUri } from './uri.ts';
import { createWorkspace, type Workspace } from './workspace.ts';

/** `initializationOptions` of the `initialize` request; all optional. */
export interface ServerSettings {
  readonly grammar?: GrammarFiles;
  /** `none` turns linters off; a name allows that one alone. */
  readonly lint?: LintTool['name'] | 'none';
}

export interface ServerOptions {
  /** Loads the grammar from the files of the settings, or from where the process finds them. */
  readonly loadGrammar: (files: GrammarFiles | undefined) => Promise<Grammar>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A question about a name waits this long for the first scan to end. */
const indexWaitMaxMs = 5_000;
const referencesMax = 5_000;

/** Serves one client on the connection. The caller listens. */
export function createServer(connection: Connection, options: ServerOptions): void {
  let workspace: Workspace | null = null;
  let watches = false;

  connection.onInitialize(async (params): Promise<InitializeResult> => {
    const settings = (params.initializationOptions ?? {}) as ServerSettings;
    watches = params.capabilities.workspace?.didChangeWatchedFiles?.dynamicRegistration === true;
    const grammar = await options.loadGrammar(settings.grammar);
    workspace = createWorkspace({
      grammar,
      folders: foldersOf(params),
      env: options.env,
      ...(settings.lint === undefined
        ? {}
        : { lintTools: settings.lint === 'none' ? null : [settings.lint] }),
      publish: (uri, version, diagnostics) => {
        void connection.sendDiagnostics({
          uri,
          diagnostics,
          ...(version === undefined ? {} : { version }),
        });
      },
      log: (text) => connection.console.warn(text),
    });
    return initializeResult;
  });
  connection.onInitialized(() => {
    if (!watches) return;
    const watchers = [{ globPattern: '**/*.{v,vh,sv,svh}' }, { globPattern: '**/joh.json' }];
    connection.client
      .register(DidChangeWatchedFilesNotification.type, { watchers })
      .catch((error: unknown) => connection.console.warn(String(error)));
  });
  connection.onShutdown(() => {
    workspace?.dispose();
    workspace = null;
  });
  synchronise(connection, () => workspace);
  answer(connection, () => workspace);
}

const initializeResult: InitializeResult = {
  serverInfo: { name: 'joh-hdl' },
  capabilities: {
    positionEncoding: 'utf-16',
    textDocumentSync: {
      openClose: true,
      change: TextDocumentSyncKind.Incremental,
      save: { includeText: false },
    },
    completionProvider: { triggerCharacters: ['.', ':', '`', '$', '"'] },
    signatureHelpProvider: { triggerCharacters: ['(', ','] },
    definitionProvider: true,
    hoverProvider: true,
    referencesProvider: true,
    documentHighlightProvider: true,
    documentSymbolProvider: true,
    workspaceSymbolProvider: true,
    foldingRangeProvider: true,
  },
};

function foldersOf(params: InitializeParams): string[] {
  const uris = params.workspaceFolders?.map((folder) => folder.uri) ?? [];
  if (uris.length === 0 && params.rootUri) uris.push(params.rootUri);
  return uris.filter((uri) => uri.startsWith('file:')).map((uri) => fileURLToPath(uri));
}

function synchronise(connection: Connection, workspace: () => Workspace | null): void {
  const guarded = (work: Promise<void> | undefined) => {
    work?.catch((error: unknown) => connection.console.warn(String(error)));
  };
  connection.onDidOpenTextDocument(({ textDocument }) => {
    workspace()?.open(canonicalUri(textDocument.uri), textDocument.text, textDocument.version);
  });
  connection.onDidChangeTextDocument(({ textDocument, contentChanges }) => {
    workspace()?.change(canonicalUri(textDocument.uri), contentChanges, textDocument.version);
  });
  connection.onDidCloseTextDocument(({ textDocument }) => {
    guarded(workspace()?.close(canonicalUri(textDocument.uri)));
  });
  connection.onDidSaveTextDocument(({ textDocument }) => {
    guarded(workspace()?.save(canonicalUri(textDocument.uri)));
  });
  connection.onDidChangeWatchedFiles(({ changes }) => {
    guarded(workspace()?.changedOnDisk(changes.map((change) => canonicalUri(change.uri))));
  });
}

interface At {
  readonly workspace: Workspace;
  readonly document: OpenDocument;
  readonly position: Position;
}

function answer(connection: Connection, current: () => Workspace | null): void {
  const at = (params: { textDocument: { uri: string }; position: Position }): At | null => {
    const workspace = current();
    const document = workspace?.document(canonicalUri(params.textDocument.uri));
    return workspace && document ? { workspace, document, position: params.position } : null;
  };
  connection.onCompletion((params) => {
    const where = at(params);
    if (!where) return null;
    const { workspace, document, position } = where;
    const list = complete(workspace.project, document.symbols, document.text, position);
    return { ...list, isIncomplete: list.isIncomplete || !workspace.isIndexed() };
  });
  connection.onSignatureHelp((params) => {
    const where = at(params);
    return where && signatureAt(where.workspace.project, where.document.text, where.position);
  });
  connection.onDefinition(async (params, token) => {
    const where = at(params);
    return where ? define(where, token) : null;
  });
  connection.onHover(async (params, token) => {
    const where = at(params);
    const resolved = where && (await resolveWhenIndexed(where, token));
    const found = resolved?.found[0];
    if (!where || !resolved || !found) return null;
    const text = await where.workspace.text(found.uri);
    const comment = text === null ? '' : commentAt(text, found.symbol.range.start.line);
    const value = describe(where.workspace.project, found, comment);
    return { contents: { kind: MarkupKind.Markdown, value }, range: resolved.range };
  });
  connection.onReferences(async (params, token) => {
    const where = at(params);
    return where ? refer(where, params.context.includeDeclaration, token) : null;
  });
  connection.onDocumentHighlight((params) => {
    const where = at(params);
    const resolved = where && resolve(where);
    if (!where || !resolved) return null;
    const isMacro = resolved.word.kind === 'macro';
    const name = isMacro ? resolved.word.text.slice(1) : resolved.word.text;
    const scope = scopeOf(resolved.found[0], where.document.uri);
    return occurrences(where.document.text, name, isMacro)
      .filter((range) => !scope || contains(scope, range.start))
      .map((range) => ({ range }));
  });
  connection.onDocumentSymbol((params) => {
    const document = current()?.document(canonicalUri(params.textDocument.uri));
    return document ? outline(document.symbols) : null;
  });
  connection.onWorkspaceSymbol((params) => {
    const workspace = current();
    return workspace ? searchSymbols(workspace.project, params.query) : null;
  });
  connection.onFoldingRanges((params) => {
    const document = current()?.document(canonicalUri(params.textDocument.uri));
    return document ? folds(document.text) : null;
  });
}

function resolve({ workspace, document, position }: At): Resolved | null {
  const { symbols, text, lines } = document;
  return resolveAt(workspace.project, symbols, text, lines, position);
}

/** What the cursor is on; when unknown while the first scan runs, asked again after it. */
async function resolveWhenIndexed(where: At, token: CancellationToken): Promise<Resolved | null> {
  const resolved = resolve(where);
  if (where.workspace.isIndexed() || !resolved || resolved.found.length > 0) return resolved;
  await waitForIndex(where.workspace, token);
  return token.isCancellationRequested ? null : resolve(where);
}

async function waitForIndex(workspace: Workspace, token: CancellationToken): Promise<void> {
  const { promise: limit, resolve: give } = Promise.withResolvers<void>();
  const timer = setTimeout(give, indexWaitMaxMs);
  const cancelled = token.onCancellationRequested(() => give());
  try {
    await Promise.race([workspace.indexed, limit]);
  } finally {
    clearTimeout(timer);
    cancelled.dispose();
  }
}

async function define(where: At, token: CancellationToken): Promise<Location[] | null> {
  const { workspace, document, position } = where;
  const include = document.symbols.includes.find((one) => contains(one.range, position));
  if (include) {
    const header = () => headerNamed(workspace.project, include.path, document.uri);
    if (!header() && !workspace.isIndexed()) await waitForIndex(workspace, token);
    const uri = header();
    const start = { line: 0, character: 0 };
    return uri ? [{ uri, range: { start, end: start } }] : null;
  }
  const resolved = await resolveWhenIndexed(where, token);
  return (
    resolved?.found.map((found) => ({ uri: found.uri, range: found.symbol.selection })) ?? null
  );
}

async function refer(
  where: At,
  includeDeclaration: boolean,
  token: CancellationToken,
): Promise<Location[] | null> {
  const { workspace, document } = where;
  const resolved = await resolveWhenIndexed(where, token);
  if (!resolved) return null;
  const isMacro = resolved.word.kind === 'macro';
  const name = isMacro ? resolved.word.text.slice(1) : resolved.word.text;
  const [found] = resolved.found;
  const scope = scopeOf(found, document.uri);
  const uris = scope ? [document.uri] : [...workspace.project.files()].map((file) => file.uri);
  const locations: Location[] = [];
  for (const uri of uris) {
    if (token.isCancellationRequested) return null;
    const text = await workspace.text(uri);
    if (text === null) continue;
    for (const range of occurrences(text, name, isMacro)) {
      if (scope && !contains(scope, range.start)) continue;
      const declares = found?.uri === uri && same(range, found.symbol.selection);
      if (declares && !includeDeclaration) continue;
      locations.push({ uri, range });
      if (locations.length >= referencesMax) return locations;
    }
  }
  return locations;
}

/** Where a name that only its module can see is visible; null for names of the whole project. */
function scopeOf(found: Found | undefined, uri: string): Range | null {
  if (!found || found.uri !== uri) return null;
  const { kind } = found.symbol;
  if (kind === 'port' || kind === 'parameter' || kind === 'macro' || isDesignUnit(kind))
    return null;
  const owner = found.path.findLast((symbol) => symbol.kind !== 'block');
  if (!owner || owner.kind === 'package' || owner.kind === 'class' || owner.kind === 'interface') {
    return null;
  }
  return owner.range;
}

function same(left: Range, right: Range): boolean {
  return left.start.line === right.start.line && left.start.character === right.start.character;
}
