/** Errors as a user sees them. */
import { isFault } from '@joh/protocol';
import type * as vscode from 'vscode';

/** What happened, what was kept, what to do. */
export function errorText(error: unknown): string {
  if (isFault(error)) {
    const { message, kept, todo } = error.body();
    return `${message} ${kept} ${todo}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Cancelling is what the user asked for, so it is not reported. */
function isCancelled(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'Canceled');
}

export function createReport(api: typeof vscode): (error: unknown) => void {
  return (error) => {
    if (isCancelled(error)) return;
    api.window.showErrorMessage(errorText(error)).then(
      () => undefined,
      () => undefined,
    );
  };
}
