/**
 * Serves USB tools that run elsewhere: their requests come as messages, the devices are here. It is
 * the far end of `packages/usb-shim`, in the page that has the user's boards.
 */
import type { Clock } from '@joh/clock';
import type { SharedDevice } from '../shared-device.ts';
import { createToolDevice, type ToolDevice } from './tool-device.ts';
import { failureOf } from './usb-status.ts';
import {
  decodeHello,
  decodeRequest,
  encodeHelloReply,
  encodeReply,
  textBytes,
  type UsbRequest,
  usbOperation,
  usbStatus,
  windowBytes,
} from './wire.ts';

/** A tool that has ended has this long for what it wrote without waiting. */
const leaveMs = 2000;

/** A tool that has a device open. */
export interface ToolUse {
  device: SharedDevice;
  /** As others are told: its name and process. */
  tool: string;
  bytes: number;
}

export interface ToolServerOptions {
  clock: Clock;
  /** A reply, or an event with the id 0, for a tool. */
  send(tool: number, message: Uint8Array): void;
  /** Bytes of writes that a tool need not wait for; 0: it waits for each. */
  window?: number;
  onChanged?: () => void;
}

export interface ToolServer {
  /** A request of a tool; `gone` ends the tool. */
  receive(tool: number, message: Uint8Array): void;
  /** What tools may use from now on, by number. One that is not there any more fails for them. */
  setDevices(devices: ReadonlyMap<number, SharedDevice>): void;
  uses(): readonly ToolUse[];
  /** Ends every tool's use. */
  close(): Promise<void>;
}

interface Tool {
  name: string;
  devices: Map<number, { shared: SharedDevice; device: ToolDevice }>;
}

export function createToolServer(options: ToolServerOptions): ToolServer {
  const { clock, send, window = windowBytes, onChanged } = options;
  const tools = new Map<number, Tool>();
  let devices: ReadonlyMap<number, SharedDevice> = new Map();
  const leave = async (number: number) => {
    const tool = tools.get(number);
    tools.delete(number);
    await Promise.all(
      [...(tool?.devices.values() ?? [])].map((each) => each.device.leave(leaveMs)),
    );
    onChanged?.();
  };
  const answer = async (number: number, request: UsbRequest): Promise<Uint8Array> => {
    const { id, operation, payload } = request;
    const tool = tools.get(number) ?? { name: 'a program', devices: new Map() };
    tools.set(number, tool);
    if (operation === usbOperation.hello) {
      const { name, pid } = decodeHello(payload);
      tool.name = `${name} (process ${pid})`;
      return encodeReply(id, usbStatus.ok, encodeHelloReply(window));
    }
    const device = useOf(tool, request.device, devices, clock);
    if (!device) return encodeReply(id, usbStatus.noDevice);
    if (operation === usbOperation.cancel) {
      if (payload.length >= 4)
        device.cancel(new DataView(payload.slice().buffer).getUint32(0, true));
      return encodeReply(id, usbStatus.ok);
    }
    try {
      return encodeReply(id, usbStatus.ok, await device.perform(request));
    } catch (error) {
      const { status, text } = failureOf(error);
      return encodeReply(id, status, text ? textBytes(text) : undefined);
    }
  };
  return {
    receive(number, message) {
      const request = decodeRequest(message);
      if (!request) return;
      if (request.operation === usbOperation.gone) return void leave(number);
      answer(number, request).then(
        (reply) => {
          if (tools.has(number)) send(number, reply);
          if (isUseChange(request.operation)) onChanged?.();
        },
        // Only what `send` throws: the line is gone, and its end is told by `close`.
        () => undefined,
      );
    },
    setDevices(next) {
      devices = next;
      for (const tool of tools.values())
        for (const [number, { shared, device }] of tool.devices) {
          if (next.get(number) === shared) continue;
          tool.devices.delete(number);
          device.end(usbStatus.noDevice);
          device.leave(leaveMs).then(onChanged, () => undefined);
        }
      onChanged?.();
    },
    uses: () =>
      [...tools.values()].flatMap(({ name, devices: used }) =>
        [...used.values()]
          .filter(({ shared }) => shared.users.some(({ user }) => user === name))
          .map(({ shared, device }) => ({ device: shared, tool: name, bytes: device.bytes })),
      ),
    close: async () => {
      for (const tool of tools.values())
        for (const { device } of tool.devices.values()) device.end(usbStatus.noDevice);
      await Promise.all([...tools.keys()].map(leave));
    },
  };
}

const useChanges: readonly number[] = [
  usbOperation.open,
  usbOperation.close,
  usbOperation.claim,
  usbOperation.release,
];
const isUseChange = (operation: number) => useChanges.includes(operation);

function useOf(
  tool: Tool,
  number: number,
  devices: ReadonlyMap<number, SharedDevice>,
  clock: Clock,
): ToolDevice | null {
  const known = tool.devices.get(number);
  if (known) return known.device;
  const shared = devices.get(number);
  if (!shared) return null;
  const device = createToolDevice(shared.lease(tool.name), clock);
  tool.devices.set(number, { shared, device });
  return device;
}
