/** The virtual board in the panel: what the simulated board does once it is programmed. */
import {
  registerCustomView,
  ViewContainerLocation,
} from '@codingame/monaco-vscode-workbench-service-override';
import { fault, isFault, type Simulation } from '@joh/protocol';
import { bitstreamHash } from '@joh/virtual-board';
import type { Feature, Ide } from '../workbench/feature.ts';
import type { Stage } from './model.ts';
import { type RunningBoard, runBoard } from './running-board.ts';
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
            // One for the page's life: a board goes on while its picture is not shown.
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
  let board: RunningBoard | null = null;
  let stage: Stage = { state: 'empty' };
  /** A later programming makes an earlier compilation not worth waiting for. */
  let generation = 0;
  const set = (next: Stage) => {
    stage = next;
    view.stage(stage, clock.monotonic());
  };
  const setPaused = (isPaused: boolean) => {
    if (stage.state !== 'running') return;
    board?.pause(isPaused);
    set({ ...stage, isPaused });
  };
  const view = createVirtualBoardView({
    report,
    onPress: (button, isDown) => board?.press(button, isDown),
    onPause: setPaused,
    onReset() {
      setPaused(false);
      board?.reset();
    },
    onShowBoards: () =>
      void vscode.commands.executeCommand('joh.board.show').then(undefined, report),
  });
  const stop = () => {
    view.console.attach(null);
    board?.stop();
    board = null;
  };
  const fail = (error: unknown) => {
    stop();
    const reason = error instanceof Error ? error.message : String(error);
    const known = isFault(error) ? error : fault('E_SIMULATION_FAILED', { reason });
    set({ state: 'failed', fault: known.body() });
  };
  const run = (module: WebAssembly.Module, simulation: Simulation) => {
    const { lights, buttons, clockHz, notes, uart } = simulation;
    board = runBoard({
      module,
      simulation,
      baud: view.console.baud,
      onFrame: (frame) => {
        if (board && stage.state === 'running') view.frame(frame, lights, clockHz);
      },
      onError: fail,
    });
    view.setButtons(buttons);
    const hint = uart.tx || uart.rx ? '' : 'This design does not use the serial port.';
    view.console.attach(board.serial, hint);
    set({ state: 'running', isPaused: false, notes });
  };
  set(stage);
  return {
    view,
    async show({ board: id, title, bitstream }) {
      const mine = ++generation;
      stop();
      view.setBoard(id, title);
      set({ state: 'compiling', sinceMs: clock.monotonic() });
      const ticking = new AbortController();
      clock.every(tickMs, () => view.stage(stage, clock.monotonic()), ticking.signal, report);
      try {
        const compiled = await agent.call('simulations.compile', {
          bitstream: bitstreamHash(bitstream),
        });
        const bytes = await agent.readFile(compiled.path);
        const module = await WebAssembly.compile(Uint8Array.from(bytes));
        if (mine === generation) run(module, compiled.simulation);
      } catch (error) {
        if (mine === generation) fail(error);
      } finally {
        ticking.abort();
      }
    },
  };
}
