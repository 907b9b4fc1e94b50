/** Building: the view in the panel, the command and its key, the status item, the problems. */
import {
  registerCustomView,
  ViewContainerLocation,
} from '@codingame/monaco-vscode-workbench-service-override';
import type { Problem } from '@joh/protocol';
import type { Feature, Ide } from '../workbench/feature.ts';
import { watchAway } from './away.ts';
import { createFiguresMemory } from './figures.ts';
import { buildLabel } from './model.ts';
import { showProblems } from './problems.ts';
import { type BuildRunner, createBuildRunner } from './runner.ts';
import { type BuildView, createBuildView } from './view.ts';

export type { BuildRunner } from './runner.ts';

const buildViewId = 'joh.build';

/** Resolves once the workbench runs; the Board view waits for finished builds through it. */
let resolveRunner: (runner: BuildRunner) => void;
export const buildRunner = new Promise<BuildRunner>((resolve) => {
  resolveRunner = resolve;
});

export const build: Feature = {
  contributes: {
    commands: [
      { command: 'joh.build', title: 'Build Bitstream', category: 'FPGA', icon: '$(tools)' },
      { command: 'joh.build.nix', title: 'Build with nix-build', category: 'FPGA' },
      { command: 'joh.build.cancel', title: 'Cancel Build', category: 'FPGA' },
    ],
    keybindings: [{ command: 'joh.build', key: 'ctrl+shift+b', mac: 'cmd+shift+b' }],
    menus: {
      'editor/title': [
        {
          command: 'joh.build',
          when: 'resourceExtname =~ /^\\.(v|vh|sv|svh|vhd|vhdl|pcf)$/',
          group: 'navigation@1',
        },
      ],
    },
  },
  register(page, ide) {
    registerCustomView({
      id: buildViewId,
      name: 'Build',
      location: ViewContainerLocation.Panel,
      icon: new URL('./build.svg', import.meta.url).toString(),
      order: 3,
      default: true,
      renderBody(container) {
        const stop = mountView(container, page.clock.monotonic, ide);
        return { dispose: stop };
      },
    });
  },
  async activate(ide) {
    const runner = createBuildRunner(ide);
    resolveRunner(runner);
    const { commands } = ide.vscode;
    commands.registerCommand('joh.build', async () => {
      // Whoever types while it builds goes on typing.
      await commands.executeCommand(`${buildViewId}.focus`, { preserveFocus: true });
      await runner.start().catch(ide.report);
    });
    commands.registerCommand('joh.build.nix', async () => {
      runner.choose('nix-build');
      await commands.executeCommand('joh.build');
    });
    commands.registerCommand('joh.build.cancel', () => runner.cancel().catch(ide.report));
    showProblems(ide, runner);
    showStatus(ide, runner);
    watchAway(ide, runner);
    await runner.resume().catch(ide.report);
  },
};

function mountView(container: HTMLElement, nowMs: () => number, whenIde: Promise<Ide>): () => void {
  const run = (command: string) => () => {
    whenIde.then(({ vscode }) => vscode.commands.executeCommand(command)).catch(() => undefined);
  };
  const view = createBuildView({
    onBuild: run('joh.build'),
    onCancel: run('joh.build.cancel'),
    onProgram: run('joh.board.show'),
    onOpen: (problem) => {
      whenIde.then((ide) => openProblem(ide, problem)).catch(() => undefined);
    },
    onPlace: (path, line) => {
      whenIde.then((ide) => openProblem(ide, { path, line, column: 1 })).catch(() => undefined);
    },
    onBuilder: (builder) => {
      buildRunner.then((runner) => runner.choose(builder)).catch(() => undefined);
    },
    onResult: () => {
      whenIde
        .then(({ vscode, root }) =>
          vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(`${root}/result`)),
        )
        .catch(() => undefined);
    },
    onArtifact: (path) => {
      buildRunner.then((runner) => runner.take(path)).catch(() => undefined);
    },
  });
  container.append(view.root);
  view.update(null, nowMs());
  let stop: () => void = () => undefined;
  let disposed = false;
  Promise.all([whenIde, buildRunner]).then(
    ([ide, runner]) => {
      if (disposed) return;
      const ticking = new AbortController();
      const figures = createFiguresMemory(ide.storage, `joh.build.figures.${ide.project.id}`);
      const draw = () => view.update(runner.current, nowMs(), figures);
      const unwatch = runner.watch(draw);
      const unwatchBuilders = watchBuilders(ide, runner, view);
      ide.clock.every(
        200,
        () => {
          if (runner.current?.state === 'running') draw();
        },
        ticking.signal,
        ide.report,
      );
      stop = () => {
        unwatch();
        unwatchBuilders();
        ticking.abort();
      };
    },
    () => undefined,
  );
  return () => {
    disposed = true;
    stop();
  };
}

/** Asked again when a file that decides it was saved, and after each build. */
function watchBuilders(ide: Ide, runner: BuildRunner, view: BuildView): () => void {
  const ask = () => {
    // Settings that cannot be read are told when a build is started.
    runner.builders().then(view.showBuilders, () => undefined);
  };
  let state: string | undefined;
  const unwatch = runner.watch((progress) => {
    if (progress?.state !== state) ask();
    state = progress?.state;
  });
  const saved = ide.vscode.workspace.onDidSaveTextDocument(({ uri }) => {
    if (/^(joh\.json|default\.nix)$/.test(uri.path.split('/').pop() ?? '')) ask();
  });
  ask();
  return () => {
    unwatch();
    saved.dispose();
  };
}

async function openProblem(
  { vscode, root }: Ide,
  problem: Pick<Problem, 'path' | 'line' | 'column'>,
): Promise<void> {
  const uri = vscode.Uri.file(problem.path ?? `${root}/joh.json`);
  const line = Math.max(0, (problem.line ?? 1) - 1);
  const column = Math.max(0, (problem.column ?? 1) - 1);
  await vscode.window.showTextDocument(uri, {
    selection: new vscode.Range(line, column, line, column),
  });
}

function showStatus(ide: Ide, runner: BuildRunner): void {
  const item = ide.vscode.window.createStatusBarItem(
    'build.state',
    ide.vscode.StatusBarAlignment.Left,
    900,
  );
  item.name = 'Build';
  item.command = 'joh.build';
  const draw = () => {
    const { icon, text } = buildLabel(runner.current, ide.clock.monotonic());
    item.text = `$(${icon}) ${text}`;
    item.tooltip = 'Build the bitstream (Ctrl+Shift+B)';
    item.accessibilityInformation = { label: `Build: ${text}`, role: 'button' };
    // While it runs, a click shows it instead of starting another.
    item.command = runner.current?.state === 'running' ? `${buildViewId}.focus` : 'joh.build';
    item.show();
  };
  runner.watch(draw);
  ide.clock.every(
    500,
    () => {
      if (runner.current?.state === 'running') draw();
    },
    new AbortController().signal,
    ide.report,
  );
}
