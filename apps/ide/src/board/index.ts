/** The Board view in the side bar: programs the last bitstream into a board. */
import {
  registerCustomView,
  ViewContainerLocation,
} from '@codingame/monaco-vscode-workbench-service-override';
import { type BuildRunner, buildRunner } from '../build/index.ts';
import type { Feature, Ide } from '../workbench/feature.ts';
import { type AttachedBoards, createAttachedBoards } from './attached.ts';
import { type BoardProgrammer, createProgrammer } from './programmer.ts';
import { createBoardView } from './view.ts';

const boardViewId = 'joh.board';
const chosenKey = 'joh.board.chosen';

interface Parts {
  ide: Ide;
  attached: AttachedBoards;
  programmer: BoardProgrammer;
  runner: BuildRunner;
}
let resolveParts: (parts: Parts) => void;
const whenParts = new Promise<Parts>((resolve) => {
  resolveParts = resolve;
});

export const board: Feature = {
  contributes: {
    commands: [{ command: 'joh.board.show', title: 'Program a Board', category: 'FPGA' }],
  },
  register() {
    registerCustomView({
      id: boardViewId,
      name: 'Board',
      location: ViewContainerLocation.Sidebar,
      icon: new URL('./board.svg', import.meta.url).toString(),
      order: 4,
      renderBody(container) {
        const placeholder = document.createElement('div');
        placeholder.className = 'joh-board-mount';
        container.append(placeholder);
        whenParts.then(
          (parts) => placeholder.replaceWith(mount(parts)),
          () => undefined,
        );
        return { dispose: () => container.replaceChildren() };
      },
    });
  },
  async activate(ide) {
    ide.vscode.commands.registerCommand('joh.board.show', () =>
      ide.vscode.commands.executeCommand(`${boardViewId}.focus`),
    );
    const runner = await buildRunner;
    const attached = createAttachedBoards(ide);
    resolveParts({ ide, attached, programmer: createProgrammer(ide), runner });
  },
};

function mount({ ide, attached, programmer, runner }: Parts): HTMLElement {
  const { commands } = ide.vscode;
  const view = createBoardView({
    chosen: localStorage.getItem(chosenKey),
    onChoose: (id) => localStorage.setItem(chosenKey, id),
    onConnect: () => {
      attached.ask().catch(ide.report);
    },
    onBuild: () => {
      commands.executeCommand('joh.build').then(undefined, ide.report);
    },
    onProgram: (chosen, target) => {
      const bitstream = lastBitstream();
      if (bitstream) programmer.program({ board: chosen, bitstream, target }).catch(ide.report);
    },
    onCancel: () => programmer.cancel(),
  });
  /** Of the last build that succeeded: a failed one leaves the file before it in place. */
  let bitstream = runner.current?.build?.bitstream ?? null;
  const lastBitstream = () => bitstream;
  const update = () => {
    bitstream = runner.current?.build?.bitstream ?? bitstream;
    view.update({
      boards: attached.current,
      hasUsb: attached.hasUsb,
      bitstream,
      building: runner.current?.state === 'running',
      programming: programmer.current,
    });
  };
  runner.watch(update);
  attached.watch(update);
  programmer.watch(update);
  return view.root;
}
