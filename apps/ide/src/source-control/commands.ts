/** What a user does with changes. */
import type * as vscode from 'vscode';
import type { Ide } from '../workbench/feature.ts';

export interface CommandOptions {
  ide: Ide;
  control: vscode.SourceControl;
  refresh: () => Promise<void>;
  hasStaged: () => boolean;
  changedPaths: () => string[];
  stagedPaths: () => string[];
}

/** Registers them; every one reports its own failure and brings the lists up to date. */
export function registerCommands(options: CommandOptions): void {
  const { ide, control, refresh } = options;
  const { commands, window, workspace } = ide.vscode;
  const onPaths =
    (method: 'stage' | 'unstage') =>
    (...states: vscode.SourceControlResourceState[]) =>
      ide.agent.call(`sourceControl.${method}`, { paths: states.map(pathOf) });
  const verbs: Record<string, (...states: vscode.SourceControlResourceState[]) => unknown> = {
    refresh: () => undefined,
    stage: onPaths('stage'),
    unstage: onPaths('unstage'),
    stageAll: () => ide.agent.call('sourceControl.stage', { paths: options.changedPaths() }),
    unstageAll: () => ide.agent.call('sourceControl.unstage', { paths: options.stagedPaths() }),
    discard: (...states) => discard(ide, states.map(pathOf)),
    commit: () => commit(options),
    push: () => withProgress(ide, 'Pushing', () => ide.agent.call('sourceControl.push', {})),
    pull: () => withProgress(ide, 'Pulling', () => ide.agent.call('sourceControl.pull', {})),
  };
  for (const [name, run] of Object.entries(verbs))
    commands.registerCommand(`joh.git.${name}`, async (...args: unknown[]) => {
      try {
        await run(...args.flat().filter(isState));
      } catch (error) {
        ide.report(error);
      }
      await refresh().catch(ide.report);
    });
  commands.registerCommand('joh.git.open', async (state: vscode.SourceControlResourceState) => {
    await window.showTextDocument(await workspace.openTextDocument(state.resourceUri));
  });
  control.acceptInputCommand = { command: 'joh.git.commit', title: 'Commit' };
}

function isState(value: unknown): value is vscode.SourceControlResourceState {
  return typeof value === 'object' && value !== null && 'resourceUri' in value;
}
function pathOf({ resourceUri }: vscode.SourceControlResourceState): string {
  return resourceUri.path;
}

async function commit({ ide, control, hasStaged, changedPaths }: CommandOptions): Promise<void> {
  const { window, workspace } = ide.vscode;
  const message = control.inputBox.value.trim();
  if (!message) {
    await window.showInformationMessage('Write a message that says what changes, then commit.');
    return;
  }
  const isEmpty = !hasStaged() && changedPaths().length === 0;
  const isDirty = workspace.textDocuments.some((document) => document.isDirty);
  if (isEmpty && !isDirty) {
    await window.showInformationMessage('There is nothing to commit.');
    return;
  }
  await workspace.saveAll(false);
  await ide.agent.call('sourceControl.commit', { message, all: !hasStaged() });
  // Only once it is there: a refused commit leaves the words where they are.
  control.inputBox.value = '';
}

async function discard(ide: Ide, paths: string[]): Promise<void> {
  if (paths.length === 0) return;
  const names = paths.map((path) => path.split('/').pop()).join(', ');
  const verb = 'Discard Changes';
  const answer = await ide.vscode.window.showWarningMessage(
    `Discard the changes in ${names}?`,
    { modal: true, detail: 'The files go back to the last commit. This cannot be undone here.' },
    verb,
  );
  if (answer === verb) await ide.agent.call('sourceControl.discard', { paths });
}

async function withProgress(ide: Ide, title: string, run: () => Promise<unknown>): Promise<void> {
  const { window, ProgressLocation } = ide.vscode;
  await window.withProgress({ location: ProgressLocation.SourceControl, title }, () => run());
}
