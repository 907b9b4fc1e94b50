import type { TextDocumentContentChangeEvent } from 'vscode-languageserver';
import {
  analyse,
  applyChanges,
  closeDocument,
  type OpenDocument,
  openDocument,
  promptTextMax,
} from './documents.ts';
import type { Grammar } from './grammar.ts';
import type { FileSymbols } from './symbols.ts';

export interface EditingOptions {
  /** The open files; this module alone changes them. */
  readonly documents: Map<string, OpenDocument>;
  readonly grammar: Grammar;
  /** Called with the symbols of a file that was read again. */
  readonly onRead: (symbols: FileSymbols) => void;
  /** Called when typing in a file has paused. */
  readonly onSettled: (uri: string) => void;
}

export interface Editing {
  open(uri: string, text: string, version: number): void;
  change(uri: string, changes: readonly TextDocumentContentChangeEvent[], version: number): void;
  /** Whether it was open. */
  close(uri: string): boolean;
  /** Reads the file now instead of when typing pauses. */
  settle(uri: string): void;
  /** An open file, read again if that is quick. */
  document(uri: string): OpenDocument | undefined;
  dispose(): void;
}

/** Reading again waits this long after the last keystroke. */
const pauseMs = 150;

/** Keeps the open files, and reads them again when typing pauses. */
export function createEditing(options: EditingOptions): Editing {
  const { documents, grammar } = options;
  const timers = new Map<string, NodeJS.Timeout>();
  const refresh = (document: OpenDocument) => {
    if (analyse(document, grammar)) options.onRead(document.symbols);
  };
  const forgetTimer = (uri: string) => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
  };
  const settle = (uri: string) => {
    forgetTimer(uri);
    const document = documents.get(uri);
    if (!document) return;
    refresh(document);
    options.onSettled(uri);
  };
  return {
    settle,
    open(uri, text, version) {
      const old = documents.get(uri);
      if (old) closeDocument(old);
      documents.set(uri, openDocument(uri, text, version));
      settle(uri);
    },
    change(uri, changes, version) {
      const document = documents.get(uri);
      if (!document) return;
      applyChanges(document, changes, version);
      forgetTimer(uri);
      timers.set(
        uri,
        setTimeout(() => settle(uri), pauseMs),
      );
    },
    close(uri) {
      forgetTimer(uri);
      const document = documents.get(uri);
      if (document) closeDocument(document);
      return documents.delete(uri);
    },
    document(uri) {
      const document = documents.get(uri);
      if (document && document.text.length <= promptTextMax) refresh(document);
      return document;
    },
    dispose() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      for (const document of documents.values()) closeDocument(document);
      documents.clear();
    },
  };
}
