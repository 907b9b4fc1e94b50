/** The virtual board in the panel: what the simulated board does once it is programmed. */
import {
  registerCustomView,
  ViewContainerLocation,
} from '@codingame/monaco-vscode-workbench-service-override';
import { bitstreamHash } from '@joh/virtual-board';
import type { Feature, Ide } from '../workbench/feature.ts';
import { createRunner } from './runner.ts';
import { watchShown } from './standstill.ts';
import { createVirtualBoardView, type VirtualBoardView } from './view.ts';

const viewId = 'joh.virtualBoard';
/** While the compilers run, the time is shown so often. */
const tickMs = 100;

export interface ProgrammedDesign {
  /** A board id of the board table. */
  board: string;
  /** For people. */
  title: string;
  bitstream: Uint8Array;
}

interface Controls {
  view: VirtualBoardView;
  show(design: ProgrammedDesign): Promise<void>;
}
let resolveControls: (controls: Controls) => void;
const whenControls = new Promise<Controls>((resolve) => {
  resolveControls = resolve;
});
let focusView: () => Promise<unknown> = async () => undefined;

/** Shows what a simulated board does that was programmed just now; never rejects. */
export async function showProgrammed(design: ProgrammedDesign): Promise<void> {
  await focusView().catch(() => undefined);
  const { show } = await whenControls;
  await show(design);
}

export const virtualBoard: Feature = {
  contributes: {
    commands: [
      { command: 'joh.virtualBoard.show', title: 'Show the Virtual Board', category: 'FPGA' },
    ],
  },
  register(_page, whenIde) {
    let controls: Controls | null = null;
    registerCustomView({
      id: viewId,
      name: 'Virtual Board',
      location: ViewContainerLocation.Panel,
      icon: new URL('./virtual-board.svg', import.meta.url).toString(),
      order: 4,
      renderBody(container) {
        whenIde.then(
          (ide) => {
            // One for the page's life: a board that was out of sight goes on where it stood.
            controls ??= createControls(ide);
            container.append(controls.view.root);
            resolveControls(controls);
          },
          () => undefined,
        );
        return { dispose: () => controls?.view.root.remove() };
      },
    });
  },
  activate({ vscode }) {
    const { commands } = vscode;
    focusView = async () => commands.executeCommand(`${viewId}.focus`);
    commands.registerCommand('joh.virtualBoard.show', focusView);
  },
};

function createControls(ide: Ide): Controls {
  const { clock, agent, vscode, report } = ide;
  /** A later programming makes an earlier compilation not worth waiting for. */
  let generation = 0;
  const view = createVirtualBoardView({
    report,
    onPress: (button, isDown) => runner.board?.press(button, isDown),
    onPause: (isPaused) => runner.pause(isPaused),
    onReset: () => runner.reset(),
    onShowBoards: () =>
      void vscode.commands.executeCommand('joh.board.show').then(undefined, report),
  });
  const runner = createRunner(view, clock);
  watchShown(view.root, runner.show);
  return {
    view,
    async show({ board: id, title, bitstream }) {
      const mine = ++generation;
      runner.stop();
      view.setBoard(id, title);
      const sinceMs = clock.monotonic();
      runner.set({ state: 'compiling', sinceMs });
      const ticking = new AbortController();
      clock.every(tickMs, runner.redraw, ticking.signal, report);
      try {
        const compiled = await agent.call('simulations.compile', {
          bitstream: bitstreamHash(bitstream),
        });
        const bytes = await agent.readFile(compiled.path);
        const module = await WebAssembly.compile(Uint8Array.from(bytes));
        if (mine === generation) runner.run(module, compiled.simulation);
      } catch (error) {
        if (mine === generation) runner.fail(error);
      } finally {
        ticking.abort();
      }
    },
  };
}
