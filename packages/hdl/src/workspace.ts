import type { Diagnostic, TextDocumentContentChangeEvent } from 'vscode-languageserver';
import { emptySymbols, type OpenDocument } from './documents.ts';
import { createEditing } from './editing.ts';
import type { Grammar } from './grammar.ts';
import { planLint } from './lint/plan.ts';
import type { LintTool } from './lint/tool.ts';
import { createLinter, type Linter } from './linter.ts';
import { createProblemBoard, type ProblemBoard } from './problem-board.ts';
import { createProject, type Project } from './project.ts';
import { listedFiles, type ProjectSettings, readSettings } from './settings.ts';
import { readSourceText } from './source-text.ts';
import type { FileSymbols } from './symbols.ts';
import { pathOf } from './uri.ts';
import { sourceName, workspaceLimits } from './workspace-files.ts';
import { indexFile, indexWorkspace, type WorkspaceIndexOptions } from './workspace-index.ts';

export interface WorkspaceOptions {
  readonly grammar: Grammar;
  /** Folders, absolute paths; the first is where linters run. */
  readonly folders: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Null turns linters off; undefined takes the best there is. */
  readonly lintTools?: readonly LintTool['name'][] | null;
  readonly publish: (uri: string, version: number | undefined, diagnostics: Diagnostic[]) => void;
  readonly log: (text: string) => void;
}

/** Everything the server knows of one workspace, and the verbs that change it. */
export interface Workspace {
  readonly project: Project;
  /** Resolves when the first scan has ended (or was stopped). */
  readonly indexed: Promise<void>;
  isIndexed(): boolean;
  open(uri: string, text: string, version: number): void;
  change(uri: string, changes: readonly TextDocumentContentChangeEvent[], version: number): void;
  close(uri: string): Promise<void>;
  save(uri: string): Promise<void>;
  /** Files that changed on disk outside the editor. */
  changedOnDisk(uris: readonly string[]): Promise<void>;
  /** An open document with symbols that are up to date where that is quick. */
  document(uri: string): OpenDocument | undefined;
  /** The text of any file: the editor's, else the disk's; null when there is none. */
  text(uri: string): Promise<string | null>;
  symbols(uri: string): FileSymbols | undefined;
  dispose(): void;
}

export function createWorkspace(options: WorkspaceOptions): Workspace {
  const project = createProject();
  const documents = new Map<string, OpenDocument>();
  const lifetime = new AbortController();
  const index: WorkspaceIndexOptions = {
    project,
    grammar: options.grammar,
    isOpen: (uri) => documents.has(uri),
  };
  let settings: ProjectSettings | null = null;
  let indexedAlready = false;

  const board = createProblemBoard(documents, options.publish);
  const editing = createEditing({
    documents,
    grammar: options.grammar,
    onRead: (symbols) => project.set(symbols),
    onSettled: board.publish,
  });
  const [root] = options.folders;
  const linter = linterOf(options, board);

  const readProjectSettings = async () => {
    settings = root === undefined ? null : await readSettings(root);
  };
  const indexed = (async () => {
    await readProjectSettings();
    const report = await indexWorkspace(options.folders, index, lifetime.signal);
    if (report.leftOut) options.log(`The index leaves out ${report.leftOut}.`);
  })()
    .catch((error: unknown) => options.log(`The index is not complete: ${String(error)}`))
    .finally(() => {
      indexedAlready = true;
    });

  return {
    project,
    indexed,
    isIndexed: () => indexedAlready,
    open: editing.open,
    change: editing.change,
    async close(uri) {
      if (!editing.close(uri)) return;
      board.publish(uri);
      const path = pathOf(uri);
      if (path) await indexFile(path, index);
      else project.remove(uri);
    },
    async save(uri) {
      editing.settle(uri);
      await linter?.check(uri, async () => {
        await indexed;
        if (!pathOf(uri)) return null;
        const listed = settings ? listedFiles(settings, project) : null;
        return planLint(project, uri, listed, (one) => pathOf(one) ?? one);
      });
    },
    async changedOnDisk(uris) {
      for (const uri of uris) {
        const path = pathOf(uri);
        if (!path) continue;
        if (path.endsWith('joh.json')) await readProjectSettings();
        else if (sourceName.test(path)) await indexFile(path, index);
      }
    },
    document: editing.document,
    async text(uri) {
      const document = documents.get(uri);
      if (document) return document.text;
      const path = pathOf(uri);
      return path ? readSourceText(path, workspaceLimits.fileBytesMax) : null;
    },
    symbols: (uri) => project.file(uri) ?? (documents.has(uri) ? emptySymbols(uri) : undefined),
    dispose() {
      lifetime.abort();
      linter?.stop();
      editing.dispose();
    },
  };
}

function linterOf(options: WorkspaceOptions, board: ProblemBoard): Linter | null {
  const [cwd] = options.folders;
  if (cwd === undefined || options.lintTools === null) return null;
  return createLinter({
    cwd,
    env: options.env,
    ...(options.lintTools ? { tools: options.lintTools } : {}),
    lineOf: board.lineOf,
    publish: board.accept,
    log: options.log,
  });
}
