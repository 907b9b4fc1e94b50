/** vscode-textmate as the workbench carries it, without types. */
declare module '@codingame/monaco-vscode-api/_virtual/main' {
  export const main: { applyStateStackDiff: unknown; INITIAL: unknown };
}
