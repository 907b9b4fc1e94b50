/** The project's shell: its state in the status bar, its errors at their place, and reloading it. */
import type { ShellState } from '@joh/protocol';
import type * as vscode from 'vscode';
import type { Feature, Ide } from '../workbench/feature.ts';
import { fileName, noticeOf, type ShellNotice, shellLabel } from './model.ts';

const commands = {
  menu: 'joh.shell.menu',
  reload: 'joh.shell.reload',
  cancel: 'joh.shell.cancel',
  output: 'joh.shell.output',
} as const;

export const shell: Feature = {
  contributes: {
    commands: [
      { command: commands.menu, title: 'Shell…', category: 'Project' },
      { command: commands.reload, title: 'Reload Shell', category: 'Project' },
      { command: commands.cancel, title: 'Cancel Evaluation of the Shell', category: 'Project' },
      { command: commands.output, title: 'Show Output of the Shell', category: 'Project' },
    ],
  },
  async activate(ide) {
    const { agent, vscode } = ide;
    const draw = createStatus(ide);
    const mark = createProblems(ide);
    let known: ShellState | null = null;
    const show = (state: ShellState) => {
      const notice = noticeOf(known, state);
      known = state;
      draw(state);
      mark(state);
      if (notice) tell(ide, notice, state).catch(ide.report);
    };
    agent.onNotice('shell.changed', show);
    const call = (method: 'shell.reload' | 'shell.cancel') => async () => {
      // What is evaluated is what is on the disk.
      if (method === 'shell.reload') await vscode.workspace.saveAll(false);
      await agent.call(method, {}).catch(ide.report);
    };
    vscode.commands.registerCommand(commands.reload, call('shell.reload'));
    vscode.commands.registerCommand(commands.cancel, call('shell.cancel'));
    vscode.commands.registerCommand(commands.output, createOutput(ide));
    vscode.commands.registerCommand(commands.menu, () => openMenu(ide, known));
    show(await agent.call('shell.describe', {}));
  },
};

function createStatus({ vscode }: Ide): (state: ShellState) => void {
  const item = vscode.window.createStatusBarItem(
    'shell.state',
    vscode.StatusBarAlignment.Left,
    890,
  );
  item.name = 'Shell';
  item.command = commands.menu;
  return (state) => {
    const label = shellLabel(state);
    if (!label) return item.hide();
    item.text = `$(${label.icon}) ${label.text}`;
    item.tooltip = label.tooltip;
    item.accessibilityInformation = { label: `Shell: ${label.text}`, role: 'button' };
    item.backgroundColor = label.isWarning
      ? new vscode.ThemeColor('statusBarItem.warningBackground')
      : undefined;
    item.show();
  };
}

function createProblems({ vscode }: Ide): (state: ShellState) => void {
  const collection = vscode.languages.createDiagnosticCollection('shell');
  return ({ problem }) => {
    collection.clear();
    if (!problem?.path) return;
    const line = Math.max(0, (problem.line ?? 1) - 1);
    const start = Math.max(0, (problem.column ?? 1) - 1);
    const end = problem.column === null ? 1_000 : start + 1;
    const range = new vscode.Range(line, start, line, end);
    const diagnostic = new vscode.Diagnostic(range, problem.message);
    diagnostic.source = problem.source;
    collection.set(vscode.Uri.file(problem.path), [diagnostic]);
  };
}

async function tell({ vscode }: Ide, { kind, text }: ShellNotice, state: ShellState) {
  const { window, commands: run } = vscode;
  if (kind === 'failed') {
    const choice = await window.showErrorMessage(text, 'Show Output', 'Go to Error');
    if (choice === 'Show Output') await run.executeCommand(commands.output);
    if (choice === 'Go to Error') await goTo(vscode, state);
  } else if (kind === 'changed') {
    const choice = await window.showInformationMessage(text, 'Reload Shell');
    if (choice) await run.executeCommand(commands.reload);
  } else {
    const choice = await window.showInformationMessage(text, 'New Terminal');
    if (choice) await run.executeCommand('workbench.action.terminal.new');
  }
}

async function goTo({ window, Uri, Range }: typeof vscode, { problem }: ShellState): Promise<void> {
  if (!problem?.path) return;
  const line = Math.max(0, (problem.line ?? 1) - 1);
  const column = Math.max(0, (problem.column ?? 1) - 1);
  await window.showTextDocument(Uri.file(problem.path), {
    selection: new Range(line, column, line, column),
  });
}

function createOutput({ vscode, agent, report }: Ide): () => Promise<void> {
  let channel: vscode.OutputChannel | undefined;
  return async () => {
    try {
      const { text } = await agent.call('shell.output', {});
      channel ??= vscode.window.createOutputChannel('Shell');
      channel.replace(text || 'Nix has said nothing: the shell was known already.\n');
      channel.show(true);
    } catch (error) {
      report(error);
    }
  };
}

async function openMenu({ vscode }: Ide, state: ShellState | null): Promise<void> {
  const isBusy = state?.phase === 'evaluating' || state?.phase === 'fetching';
  const items = [
    isBusy
      ? {
          label: '$(circle-slash) Cancel',
          run: () => vscode.commands.executeCommand(commands.cancel),
        }
      : {
          label: '$(refresh) Reload Shell',
          run: () => vscode.commands.executeCommand(commands.reload),
        },
    { label: '$(output) Show Output', run: () => vscode.commands.executeCommand(commands.output) },
    ...(state?.description
      ? [
          {
            label: `$(go-to-file) Open ${fileName(state)}`,
            run: () => vscode.window.showTextDocument(vscode.Uri.file(state.description ?? '')),
          },
        ]
      : []),
  ];
  const title = state ? shellLabel(state)?.tooltip : undefined;
  const chosen = await vscode.window.showQuickPick(items, { placeHolder: title ?? 'Shell' });
  await chosen?.run();
}
