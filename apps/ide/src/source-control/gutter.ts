/** Bars beside the lines that differ from the last commit. VS Code's own are not in this version. */
import { getService, IEditorWorkerService } from '@codingame/monaco-vscode-api';
import { URI } from '@codingame/monaco-vscode-api/vscode/vs/base/common/uri';
import type * as vscode from 'vscode';
import type { Ide } from '../workbench/feature.ts';

export interface GutterOptions {
  ide: Ide;
  /** The address of a file's content in the last commit. */
  originalOf: (uri: vscode.Uri) => vscode.Uri;
  isTracked: (path: string) => boolean;
}

/** Waits for a pause in typing, as VS Code does. */
const pauseMs = 200;

/** Returns what draws everything again: after a commit the comparison changes. */
export function showGutter({ ide, originalOf, isTracked }: GutterOptions): () => void {
  const { window, workspace } = ide.vscode;
  const kinds = decorationTypes(ide);
  const draw = async (editor: vscode.TextEditor) => {
    const { uri } = editor.document;
    if (uri.scheme !== 'file') return;
    const changes = isTracked(uri.path) ? await compare(ide, originalOf(uri), uri) : [];
    for (const kind of ['added', 'modified', 'deleted'] as const)
      editor.setDecorations(
        kinds[kind],
        changes.filter((change) => change.kind === kind).map(({ range }) => range),
      );
  };
  let cancel: (() => void) | undefined;
  const drawSoon = () => {
    cancel?.();
    cancel = ide.clock.after(pauseMs, () => {
      // A file that cannot be compared (deleted meanwhile) has no bars; nothing else is wrong.
      for (const editor of window.visibleTextEditors) draw(editor).catch(() => undefined);
    });
  };
  window.onDidChangeVisibleTextEditors(drawSoon);
  workspace.onDidChangeTextDocument(drawSoon);
  drawSoon();
  return drawSoon;
}

function decorationTypes({ vscode }: Ide) {
  const type = (colour: string, style: string) =>
    vscode.window.createTextEditorDecorationType({
      isWholeLine: true,
      borderStyle: style,
      borderColor: new vscode.ThemeColor(colour),
      borderWidth: style === 'solid' ? '0 0 0 3px' : '0 0 2px 0',
      overviewRulerColor: new vscode.ThemeColor(colour),
      overviewRulerLane: vscode.OverviewRulerLane.Left,
    });
  return {
    added: type('editorGutter.addedBackground', 'solid'),
    modified: type('editorGutter.modifiedBackground', 'solid'),
    deleted: type('editorGutter.deletedBackground', 'dotted'),
  };
}

async function compare({ vscode }: Ide, original: vscode.Uri, modified: vscode.Uri) {
  // Opening it puts the original where the comparing worker can read it.
  await vscode.workspace.openTextDocument(original);
  const worker = await getService(IEditorWorkerService);
  const changes = await worker.computeDirtyDiff(
    URI.parse(original.toString()),
    URI.parse(modified.toString()),
    false,
  );
  return (changes ?? []).map((change) => {
    const { modifiedStartLineNumber: start, modifiedEndLineNumber: end } = change;
    const first = Math.max(0, start - 1);
    // An end of 0 means that there are no lines on that side.
    if (end === 0) return { kind: 'deleted' as const, range: new vscode.Range(first, 0, first, 0) };
    const kind = change.originalEndLineNumber === 0 ? ('added' as const) : ('modified' as const);
    return { kind, range: new vscode.Range(first, 0, end - 1, 0) };
  });
}
