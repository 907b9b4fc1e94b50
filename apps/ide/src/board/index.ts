/** The Board view in the side bar: programs boards, and shares them with the session's tools. */
import {
  registerCustomView,
  ViewContainerLocation,
} from '@codingame/monaco-vscode-workbench-service-override';
import { openFtdiSerial, type ProgramTarget, webUsbPort } from '@joh/boards';
import { isFault } from '@joh/protocol';
import { type BuildRunner, buildRunner } from '../build/index.ts';
import { showProgrammed } from '../virtual-board/index.ts';
import type { Feature, Ide } from '../workbench/feature.ts';
import { createAgentUsb } from './agent-usb.ts';
import { createConsoleView, type SerialSource } from './console-view.ts';
import { createDevices, type Device, type Devices, type Usb } from './devices.ts';
import { type BoardMemory, createBoardMemory } from './memory.ts';
import { choicesOf } from './model.ts';
import { browserOf, systemOf } from './platform.ts';
import {
  type AttachedBoard,
  type BoardProgrammer,
  createProgrammer,
  type Programmed,
} from './programmer.ts';
import { createSharing, type Sharing } from './sharing.ts';
import { type BoardView, boardSelectId, createBoardView } from './view.ts';
import { hasWebSerial, openWebSerial } from './web-serial.ts';

const boardViewId = 'joh.board';
/** Covers any iCE40 image: an HX8K's has 135,100 bytes. */
const imageBytesMax = 136 * 1024;
/** An FT2232H: its second channel is the UART of iCE40 boards. */
const dualFtdi = { vendorId: 0x0403, productId: 0x6010 };

interface Parts {
  ide: Ide;
  devices: Devices;
  programmer: BoardProgrammer;
  sharing: Sharing;
  runner: BuildRunner;
  memory: BoardMemory;
  /** Called after each change of what is shown. */
  watch(listener: () => void): void;
  setTarget(target: ProgramTarget): void;
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
    ide.vscode.commands.registerCommand('joh.board.show', async () => {
      await ide.vscode.commands.executeCommand(`${boardViewId}.focus`);
      // VS Code gives the keyboard to the frame around the view.
      await whenParts;
      document.getElementById(boardSelectId)?.focus();
    });
    resolveParts(createParts(ide, await buildRunner));
  },
};

function createParts(ide: Ide, runner: BuildRunner): Parts {
  const memory = createBoardMemory(ide.storage, ide.project.title);
  const { usb } = navigator as Navigator & { usb?: Usb };
  const { clock, desktop } = ide;
  const own = desktop && createAgentUsb({ ...ide, agent: desktop.agent });
  const devices = createDevices({ clock, usb: own ?? usb });
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const programmer = createProgrammer(ide, (programmed) => {
    memory.remember(entryOf(programmed, ide.clock.now()));
    const { board, bytes } = programmed;
    if (board.device.isSimulated && bytes)
      void showProgrammed({ board: board.board.id, title: board.board.title, bitstream: bytes });
    changed();
  });
  let target: ProgramTarget = 'sram';
  const sharing = createSharing({
    ide,
    before: memory.shared,
    onShared: (ids) => {
      memory.shared = ids;
    },
    onChanged: changed,
  });
  devices.watch((current) => sharing.update(current, target));
  runner.watch(changed);
  programmer.watch(changed);
  return {
    ...{ ide, devices, programmer, sharing, runner, memory },
    watch: (listener) => void listeners.add(listener),
    setTarget: (next) => {
      target = next;
      sharing.update(devices.current, next);
    },
  };
}

function entryOf(
  { board: { title }, bitstream, target, durationMs, failure }: Programmed,
  at: number,
) {
  const file = bitstream.path?.split('/').pop() ?? '';
  const failed = failure ? failure.message : null;
  return {
    at,
    board: title,
    target,
    file,
    bytes: bitstream.sizeBytes,
    durationMs,
    failure: failed,
  };
}

function mount(parts: Parts): HTMLElement {
  const { ide, devices, programmer, sharing, runner, memory } = parts;
  const problems = new Map<string, string>();
  const console = createConsoleView(ide);
  /** Of the last build that succeeded: a failed one leaves the file before it in place. */
  let bitstream = runner.current?.build?.bitstream ?? null;
  const share = async (id: string, isShared: boolean) => {
    problems.delete(id);
    if (!isShared) return sharing.revoke(id);
    try {
      await sharing.share(id);
    } catch (error) {
      problems.set(id, isFault(error) ? error.message : String(error));
      update();
    }
  };
  const view: BoardView = createBoardView({
    chosen: memory.chosen,
    hasUsb: devices.hasUsb,
    system: systemOf(navigator.userAgent),
    browser: browserOf(navigator.userAgent),
    console: console.root,
    onChoose: (id) => {
      memory.chosen = id;
    },
    onTarget: parts.setTarget,
    onConnect: (which) => void devices.ask(which).catch(ide.report),
    onBuild: () => {
      ide.vscode.commands.executeCommand('joh.build').then(undefined, ide.report);
    },
    onProgram: (chosen, target) => {
      if (bitstream) void programmer.program({ board: chosen, bitstream, target });
    },
    onReadBack: (chosen) =>
      void readBack(programmer, chosen, bitstream?.sizeBytes ?? imageBytesMax),
    onErase: (chosen) => void erase(ide, programmer, chosen).catch(ide.report),
    onCancel: programmer.cancel,
    onShare: (id, isShared) => void share(id, isShared),
    onForget: (id) => {
      sharing.revoke(id);
      devices.current
        .find((each) => each.id === id)
        ?.forget?.()
        .catch(ide.report);
    },
  });
  const update = () => {
    bitstream = runner.current?.build?.bitstream ?? bitstream;
    view.update({
      boards: choicesOf(devices.current),
      devices: devices.current.map((device) => ({
        device,
        isShared: sharing.isShared(device.id),
        tools: sharing.uses(device.id).map(({ tool }) => tool),
        problem: problems.get(device.id) ?? null,
      })),
      bitstream,
      building: runner.current?.state === 'running',
      programming: programmer.current,
      history: memory.history,
    });
  };
  parts.watch(update);
  devices.watch((current) => {
    console.setSources(serialSources(current, ide));
    update();
  });
  return view.root;
}

async function readBack(programmer: BoardProgrammer, chosen: AttachedBoard, length: number) {
  const bytes = await programmer.readBack(chosen, length);
  if (!bytes) return;
  const address = URL.createObjectURL(new Blob([Uint8Array.from(bytes)]));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${chosen.board.id}-flash.bin`;
  link.click();
  URL.revokeObjectURL(address);
}

async function erase({ vscode }: Ide, programmer: BoardProgrammer, chosen: AttachedBoard) {
  const yes = 'Erase';
  const detail = 'Everything in it is lost, and the board starts without a design.';
  const question = `Erase the whole flash of ${chosen.title}?`;
  const said = await vscode.window.showWarningMessage(question, { modal: true, detail }, yes);
  if (said === yes) await programmer.erase(chosen);
}

/** Channel B of the boards that have one, and the browser's own serial ports. */
function serialSources(devices: readonly Device[], { clock }: Ide): SerialSource[] {
  const channels = devices
    .filter(({ usb, isSimulated }) => !isSimulated && usb.productId === dualFtdi.productId)
    .filter(({ usb }) => usb.vendorId === dualFtdi.vendorId)
    .map(
      (device): SerialSource => ({
        id: device.id,
        title: `${device.title}, channel B`,
        open: async (baud) => {
          const shared = await device.shared('flash');
          const port = webUsbPort(shared.lease('the serial console'), { board: device.title });
          return openFtdiSerial(port, { channel: 'B', baud, clock });
        },
      }),
    );
  if (!hasWebSerial()) return channels;
  return [...channels, { id: 'web-serial', title: 'A serial port…', open: openWebSerial }];
}
