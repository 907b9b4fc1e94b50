/** Source control over the agent's git: lists, staging, commits, comparison, branch. */
import { isFault, type SourceControlStatus } from '@joh/protocol';
import type * as vscode from 'vscode';
import type { Feature, Ide } from '../workbench/feature.ts';
import { registerCommands } from './commands.ts';
import { contributes } from './contributes.ts';
import { showGutter } from './gutter.ts';
import {
  branchLabel,
  type Change,
  changeLists,
  letterColour,
  letterWords,
  nextStep,
} from './model.ts';

/** `joh-git:/path?<revision>`: a file as it was. No revision is the index (gitrevisions(7)). */
const scheme = 'joh-git';
const index = '';

/** Not worth a word: the folder has no repository, or is not trusted, which is said elsewhere. */
const noneCodes = ['E_SOURCE_CONTROL_NONE', 'E_FOLDER_UNTRUSTED'] as const;
const noRepository = {
  branch: null,
  upstream: null,
  ahead: 0,
  behind: 0,
  operation: null,
  files: [],
};

export const sourceControl: Feature = {
  contributes,
  async activate(ide) {
    const { vscode, agent, root } = ide;
    const control = vscode.scm.createSourceControl('joh', 'Git', vscode.Uri.file(root));
    const groups = {
      merge: control.createResourceGroup('merge', 'Merge Changes'),
      staged: control.createResourceGroup('staged', 'Staged Changes'),
      changes: control.createResourceGroup('changes', 'Changes'),
    };
    groups.merge.hideWhenEmpty = true;
    groups.staged.hideWhenEmpty = true;
    control.inputBox.placeholder = 'Message (Ctrl+Enter to commit)';
    const originals = registerOriginals(ide);
    control.quickDiffProvider = { provideOriginalResource: (uri) => originalOf(ide, uri, 'HEAD') };
    const branch = createBranchItem(ide);
    const decorations = registerDecorations(ide);
    let untracked = new Set<string>();
    let hasRepository = false;
    const redrawGutter = showGutter({
      ide,
      originalOf: (uri) => originalOf(ide, uri, 'HEAD'),
      isTracked: (path) => hasRepository && path.startsWith(`${root}/`) && !untracked.has(path),
    });
    const show = (status: SourceControlStatus) => {
      const lists = changeLists(status);
      for (const name of ['merge', 'staged', 'changes'] as const)
        groups[name].resourceStates = lists[name].map((change) => stateOf(ide, name, change));
      untracked = new Set(
        lists.changes.filter(({ letter }) => letter === '?').map(({ path }) => path),
      );
      control.count = new Set(
        [...lists.merge, ...lists.staged, ...lists.changes].map(({ path }) => path),
      ).size;
      decorations.show([...lists.staged, ...lists.changes, ...lists.merge]);
      branch.show(hasRepository ? status : null);
      const next = nextStep(status);
      // Its type wants a button; without one there is none.
      Object.assign(control, { actionButton: next ? { command: next, enabled: true } : undefined });
      originals.changed();
      redrawGutter();
    };
    const refresh = createRefresh(async () => {
      const status = await statusOf(ide);
      hasRepository = status !== null;
      show(status ?? noRepository);
    });
    const pathsOf = (group: vscode.SourceControlResourceGroup) =>
      group.resourceStates.map(({ resourceUri }) => resourceUri.path);
    registerCommands({
      ide,
      control,
      refresh,
      hasStaged: () => groups.staged.resourceStates.length > 0,
      changedPaths: () => [...pathsOf(groups.merge), ...pathsOf(groups.changes)],
      stagedPaths: () => pathsOf(groups.staged),
    });
    agent.onNotice('sourceControl.changed', () => {
      refresh().catch(ide.report);
    });
    await refresh().catch(ide.report);
  },
};

async function statusOf({ agent }: Ide): Promise<SourceControlStatus | null> {
  try {
    return await agent.call('sourceControl.status', {});
  } catch (error) {
    if (noneCodes.some((code) => isFault(error, code))) return null;
    throw error;
  }
}

/** One at a time; asked for during one, it runs once more after it. */
function createRefresh(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let again: Promise<void> | null = null;
  const start = () => {
    running = run().finally(() => {
      running = null;
    });
    return running;
  };
  return () => {
    if (!running) return start();
    again ??= running
      .catch(() => undefined)
      .then(() => {
        again = null;
        return start();
      });
    return again;
  };
}

function originalOf({ vscode }: Ide, uri: vscode.Uri, revision: string): vscode.Uri {
  return vscode.Uri.from({ scheme, path: uri.path, query: revision });
}

function registerOriginals({ vscode, agent }: Ide) {
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const shown = new Set<string>();
  vscode.workspace.registerTextDocumentContentProvider(scheme, {
    onDidChange: changed.event,
    async provideTextDocumentContent(uri) {
      shown.add(uri.toString());
      const { content } = await agent.call('sourceControl.original', {
        path: uri.path,
        revision: uri.query,
      });
      return content ?? '';
    },
  });
  return {
    changed() {
      for (const uri of shown) changed.fire(vscode.Uri.parse(uri));
    },
  };
}

function stateOf(
  ide: Ide,
  group: 'merge' | 'staged' | 'changes',
  { path, from, letter }: Change,
): vscode.SourceControlResourceState {
  const { vscode } = ide;
  const resourceUri = vscode.Uri.file(path);
  const name = path.split('/').pop() ?? path;
  const tooltip = from ? `Renamed from ${from}` : letterWords[letter];
  const open = { command: 'vscode.open', title: 'Open', arguments: [resourceUri] };
  const compare = (left: vscode.Uri, right: vscode.Uri, words: string) => ({
    command: 'vscode.diff',
    title: 'Compare',
    arguments: [left, right, `${name} (${words})`],
  });
  const before = originalOf(ide, vscode.Uri.file(from ?? path), 'HEAD');
  const inIndex = originalOf(ide, resourceUri, index);
  let command: vscode.Command = open;
  if (group === 'staged') command = compare(before, inIndex, 'HEAD ↔ Index');
  else if (group === 'changes' && letter === 'D')
    command = { ...open, arguments: [originalOf(ide, resourceUri, 'HEAD')] };
  else if (group === 'changes' && letter !== '?')
    command = compare(inIndex, resourceUri, 'Index ↔ Working Copy');
  return {
    resourceUri,
    command,
    contextValue: letter,
    decorations: { tooltip, strikeThrough: letter === 'D' },
  };
}

function createBranchItem({ vscode }: Ide) {
  const item = vscode.window.createStatusBarItem('git.branch', vscode.StatusBarAlignment.Left, 950);
  item.name = 'Branch';
  item.command = 'workbench.view.scm';
  return {
    /** Null: there is no repository. */
    show(status: SourceControlStatus | null) {
      if (!status) return item.hide();
      const label = branchLabel(status);
      item.text = `$(git-branch) ${label}`;
      item.tooltip = 'Branch; opens Source Control';
      item.accessibilityInformation = { label: `Branch ${label}` };
      item.show();
    },
  };
}

/** Letters and colours of changed files, in the explorer and in tabs too. */
function registerDecorations({ vscode }: Ide) {
  const changed = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  let letters = new Map<string, Change['letter']>();
  vscode.window.registerFileDecorationProvider({
    onDidChangeFileDecorations: changed.event,
    provideFileDecoration({ scheme: of, path }) {
      const letter = of === 'file' ? letters.get(path) : undefined;
      if (!letter) return undefined;
      return {
        badge: letter === '?' ? 'U' : letter,
        color: new vscode.ThemeColor(letterColour(letter)),
        tooltip: letterWords[letter],
        propagate: letter !== 'D',
      };
    },
  });
  return {
    show(changes: Change[]) {
      letters = new Map(changes.map(({ path, letter }) => [path, letter]));
      changed.fire(undefined);
    },
  };
}
