/**
 * Between USB tools of the session and the pages that have the user's boards. Tools speak on a Unix
 * socket, pages on a channel each; what a transfer is, only they know.
 */
import {
  decodeReply,
  decodeTransfer,
  encodeHelloReply,
  encodeList,
  encodeReply,
  encodeRequest,
  splitNumber,
  textBytes,
  type UsbRequest,
  usbEvent,
  usbOperation,
  usbStatus,
  windowBytes,
  withNumber,
} from '@joh/boards/tunnel';
import type { Clock } from '@joh/clock';
import { fault, type UsbAnnouncement, usbAnnouncement } from '@joh/protocol';
import { limits } from '#limits';
import {
  createDeviceTable,
  type DeviceTable,
  type KnownDevice,
  whyNothing,
} from './device-table.ts';
import { failWaiting, listenForTools, type Tool, type Tools } from './tools.ts';

/** A page's end of the channel. */
interface BoardPage {
  /**
   * A message of the page.
   * @throws Fault `E_REQUEST_INVALID` it is none of the contract.
   */
  receive(message: Uint8Array): void;
  /** The line to the page is cut, or there again. */
  setConnected(isConnected: boolean): void;
  close(): void;
}

export interface Boards {
  /** A page that shares boards; `send` takes messages for it. */
  page(send: (message: Uint8Array) => Promise<void>): BoardPage;
  close(): Promise<void>;
}

interface Page {
  number: number;
  send(message: Uint8Array): Promise<void>;
  announced: UsbAnnouncement;
  /** Cut for too long: its devices are as if unplugged. */
  isLost: boolean;
  /** Tools that it knows of. */
  tools: Set<number>;
}

interface State {
  table: DeviceTable;
  pages: Map<number, Page>;
  tools: Tools;
  clock: Clock;
}

/** Listens for tools at `path`. @throws Error of the system when it cannot. */
export async function createBoards({
  clock,
  path,
}: {
  clock: Clock;
  path: string;
}): Promise<Boards> {
  const state: Omit<State, 'tools'> = { table: createDeviceTable(), pages: new Map(), clock };
  const tools = await listenForTools({
    path,
    onRequest: (tool, request) => answer({ ...state, tools }, tool, request),
    onGone: (tool) => {
      for (const page of state.pages.values()) sayGone(page, tool);
    },
  });
  let last = 0;
  return {
    page: (send) => {
      last += 1;
      const announced = { devices: [], notShared: [] };
      const page = { number: last, send, announced, isLost: false, tools: new Set<number>() };
      state.pages.set(page.number, page);
      return boardPage({ ...state, tools }, page);
    },
    close: tools.close,
  };
}

function boardPage(state: State, page: Page): BoardPage {
  const { clock, pages, tools } = state;
  let cancelLoss: () => void = () => undefined;
  return {
    receive: (message) => {
      const split = splitNumber(message);
      if (!split || (split.number !== 0 && split.message.length < 8))
        throw fault('E_REQUEST_INVALID', { reason: 'a message of the channel usb is too short' });
      if (split.number === 0) return hear(state, page, split.message);
      // A page that was lost may still answer what was ended long ago.
      const tool = tools.find(split.number);
      if (tool?.waiting.has(decodeReply(split.message).id)) tool.send(split.message.slice());
    },
    setConnected: (isConnected) => {
      cancelLoss();
      if (isConnected && page.isLost) {
        page.isLost = false;
        show(state, page, page.announced.devices);
      }
      if (isConnected) return;
      // A short cut is waited out: the link repeats what got lost.
      cancelLoss = clock.after(limits.usbCutMs, () => lose(state, page));
    },
    close: () => {
      cancelLoss();
      pages.delete(page.number);
      show(state, page, []);
    },
  };
}

function hear(state: State, page: Page, message: Uint8Array): void {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(message));
  } catch {
    // Falls through: it is no announcement.
  }
  const announced = usbAnnouncement.safeParse(said);
  if (!announced.success)
    throw fault('E_REQUEST_INVALID', { reason: 'the announcement of USB devices' });
  page.announced = announced.data;
  if (!page.isLost) show(state, page, announced.data.devices);
}

/** The page's devices are these from now on. */
function show(state: State, page: Page, devices: UsbAnnouncement['devices']): void {
  const { table, tools } = state;
  const { arrived, left } = table.announce(page.number, devices);
  if (arrived.length + left.length === 0) return;
  for (const tool of tools.all()) {
    for (const { number } of left) failWaiting(tool, usbStatus.noDevice, number);
    tool.isTold = false;
    tool.send(encodeReply(0, usbEvent.devices));
  }
}

function lose(state: State, page: Page): void {
  page.isLost = true;
  show(state, page, []);
  // When it comes back it must not go on with what its tools have been told is over.
  for (const number of page.tools) sayGone(page, { number });
}

function sayGone(page: Page, tool: { number: number }): void {
  if (!page.tools.delete(tool.number)) return;
  const gone = { id: 0, operation: usbOperation.gone, device: 0, payload: new Uint8Array() };
  sendTo(page, tool.number, gone).catch(() => undefined);
}

const sendTo = (page: Page, tool: number, request: UsbRequest) =>
  page.send(withNumber(tool, encodeRequest(request)));

/** Resolves when the page's channel has room for more. */
async function answer(state: State, tool: Tool, request: UsbRequest): Promise<void> {
  const { id, operation } = request;
  if (operation === usbOperation.hello) {
    tool.hello = request;
    return tool.send(encodeReply(id, usbStatus.ok, encodeHelloReply(windowBytes)));
  }
  if (operation === usbOperation.list) return list(state, tool, id);
  const device = state.table.find(request.device);
  const page = device && state.pages.get(device.page);
  if (!device || !page) return tool.send(encodeReply(id, usbStatus.noDevice));
  const known = operation === usbOperation.transfer && descriptorOf(device, request.payload);
  if (known) return tool.send(encodeReply(id, usbStatus.ok, known));
  // The page has opened it to describe it; should that fail now, the next call is told.
  if (operation === usbOperation.open) tool.send(encodeReply(id, usbStatus.ok));
  else tool.waiting.set(id, device.number);
  try {
    if (!page.tools.has(tool.number)) {
      page.tools.add(tool.number);
      // The page's answer to it has an id that nobody waits for.
      if (tool.hello) await sendTo(page, tool.number, { ...tool.hello, id: 0 });
    }
    await sendTo(page, tool.number, { ...request, device: device.pageNumber });
  } catch {
    tool.send(encodeReply(id, usbStatus.noDevice));
  }
}

function list({ table, pages }: State, tool: Tool, id: number): void {
  if (table.devices.length === 0 && !tool.isTold) {
    tool.isTold = true;
    const connected = [...pages.values()].filter(({ isLost }) => !isLost);
    const notShared = connected.flatMap(({ announced }) => announced.notShared);
    const text = whyNothing(connected.length, notShared);
    // Before the reply: a tool that finds nothing reads no further.
    tool.send(encodeReply(0, usbEvent.text, textBytes(text)));
  }
  tool.send(encodeReply(id, usbStatus.ok, encodeList(table.listed)));
}

/** GET_DESCRIPTOR of the device (USB 2.0 §9.4.3): bmRequestType 80h, bRequest 6. */
function descriptorOf(device: KnownDevice, payload: Uint8Array): Uint8Array | null {
  const transfer = decodeTransfer(payload);
  const setup = transfer?.setup;
  if (setup?.type !== 0x80 || setup.request !== 6) return null;
  return knownDescriptor(device, setup)?.subarray(0, transfer?.length) ?? null;
}

function knownDescriptor(
  { device, configuration, answers }: KnownDevice,
  setup: { value: number; index: number },
): Uint8Array | undefined {
  // The kind is in the high byte: 1 the device, 2 its first configuration.
  if (setup.value === 0x0100) return device;
  if (setup.value === 0x0200) return configuration;
  return answers.find(({ value, index }) => value === setup.value && index === setup.index)?.bytes;
}
