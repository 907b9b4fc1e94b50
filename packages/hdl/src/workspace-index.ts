import { extractSymbols } from './extract.ts';
import type { Grammar } from './grammar.ts';
import type { Project } from './project.ts';
import { readSourceText } from './source-text.ts';
import { uriOf } from './uri.ts';
import { sourceName, workspaceFiles, workspaceLimits } from './workspace-files.ts';

export interface IndexReport {
  readonly files: number;
  readonly bytes: number;
  /** What was left out, for people; empty when nothing was. */
  readonly leftOut: string;
}

export interface WorkspaceIndexOptions {
  readonly project: Project;
  readonly grammar: Grammar;
  /** Files that are open are read from the editor, not from disk. */
  readonly isOpen: (uri: string) => boolean;
}

/** Reads every source file below the folders, giving way to requests between files. */
export async function indexWorkspace(
  folders: readonly string[],
  options: WorkspaceIndexOptions,
  signal: AbortSignal,
): Promise<IndexReport> {
  let files = 0;
  let bytes = 0;
  let tooLarge = 0;
  const report = (more: string): IndexReport => {
    const notes = [
      tooLarge > 0 ? `${tooLarge} files over ${workspaceLimits.fileBytesMax} bytes` : '',
      more,
    ];
    return { files, bytes, leftOut: notes.filter(Boolean).join('; ') };
  };
  for (const folder of folders) {
    for await (const file of workspaceFiles(folder, signal)) {
      if (signal.aborted) return report('');
      if (file.bytes > workspaceLimits.fileBytesMax) {
        tooLarge++;
        continue;
      }
      if (files >= workspaceLimits.filesMax || bytes + file.bytes > workspaceLimits.totalBytesMax) {
        return report(`everything after the first ${files} files`);
      }
      await indexFile(file.path, options);
      files++;
      bytes += file.bytes;
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
  return report('');
}

/** Reads one file again; a file that is gone or unreadable is forgotten. */
export async function indexFile(path: string, options: WorkspaceIndexOptions): Promise<void> {
  const uri = uriOf(path);
  if (!sourceName.test(path) || options.isOpen(uri)) return;
  const text = await readSourceText(path, workspaceLimits.fileBytesMax);
  // The file may have been opened while it was read.
  if (options.isOpen(uri)) return;
  if (text === null) {
    options.project.remove(uri);
    return;
  }
  const parsed = options.grammar.parse(text);
  if (!parsed) return;
  try {
    options.project.set(extractSymbols(uri, parsed.tree.rootNode, text, parsed.directives));
  } finally {
    parsed.tree.delete();
  }
}
