/** Colours of code come from a worker, part by part, and each part builds on the one before. */
import { main } from '@codingame/monaco-vscode-api/_virtual/main';
import { TextMateWorkerTokenizerController } from '@codingame/monaco-vscode-textmate-service-override/vscode/vs/workbench/services/textMate/browser/backgroundTokenization/textMateWorkerTokenizerController';

/**
 * VS Code awaits a module at the first part, for each file; on a busy computer the second part comes
 * meanwhile and is applied first: "Cannot set null/undefined state". With what it awaits at hand it goes on at once.
 */
export function keepTokensInOrder(): void {
  const { applyStateStackDiff, INITIAL } = main;
  Object.assign(TextMateWorkerTokenizerController.prototype, {
    _applyStateStackDiffFn: applyStateStackDiff,
    _initialState: INITIAL,
  });
}
