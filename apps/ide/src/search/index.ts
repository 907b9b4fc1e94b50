/** Find in files and quick open, answered by the agent. */
import type * as vscode from 'vscode';
import type { Feature, Ide } from '../workbench/feature.ts';

/** Without a limit of VS Code's own; what it asks for in practice is 20,000 and 512. */
const textResultsMax = 20_000;
const fileResultsMax = 10_000;

export const search: Feature = {
  activate(ide) {
    ide.vscode.workspace.registerTextSearchProvider('file', textSearch(ide));
    ide.vscode.workspace.registerFileSearchProvider('file', fileSearch(ide));
  },
};

function textSearch({ agent, vscode }: Ide): vscode.TextSearchProvider {
  return {
    async provideTextSearchResults(query, options, progress, token) {
      let count = 0;
      const resultsMax = options.maxResults || textResultsMax;
      await agent.searchText(
        {
          pattern: query.pattern,
          isRegex: query.isRegExp ?? false,
          caseSensitive: query.isCaseSensitive ?? false,
          wholeWord: query.isWordMatch ?? false,
          includes: options.includes,
          excludes: options.excludes,
          resultsMax,
        },
        ({ path, line, text, ranges }) => {
          count += ranges.length;
          const at = (on: number) =>
            ranges.map(({ start, end }) => new vscode.Range(on, start, on, end));
          progress.report({
            uri: vscode.Uri.file(path),
            ranges: at(line),
            preview: { text, matches: at(0) },
          });
        },
        signalOf(token),
      );
      return { limitHit: count >= resultsMax };
    },
  };
}

function fileSearch({ agent, vscode }: Ide): vscode.FileSearchProvider {
  return {
    async provideFileSearchResults({ pattern }, { excludes, maxResults }, token) {
      const paths = await agent.searchFiles(
        { query: pattern, excludes, resultsMax: maxResults || fileResultsMax },
        signalOf(token),
      );
      return paths.map((path) => vscode.Uri.file(path));
    },
  };
}

function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
