/** Shares devices with the tools of the session's terminals: the page's end of the channel `usb`. */
import type { ProgramTarget, SharedDevice } from '@joh/boards';
import {
  createToolServer,
  describeDevice,
  splitNumber,
  type ToolUse,
  type UsbDescription,
  withNumber,
} from '@joh/boards/tunnel';
import type { UsbAnnouncement } from '@joh/protocol';
import type { Ide } from '../workbench/feature.ts';
import type { Device } from './devices.ts';

/** As the agent does it: what was cut off for longer is over. */
const cutMs = 5000;
const reopenMs = 1000;
const reopenMsMax = 30_000;

export interface Sharing {
  isShared(id: string): boolean;
  /** Rejects with the fault that opening the device gives. */
  share(id: string): Promise<void>;
  /** Its tools find it unplugged. */
  revoke(id: string): void;
  /** Tools that have a device open now. */
  uses(id: string): readonly ToolUse[];
  /** What there is now; `target` is how a simulated board is wired. */
  update(devices: readonly Device[], target: ProgramTarget): void;
}

interface Entry {
  id: string;
  number: number;
  title: string;
  shared: SharedDevice;
  description: UsbDescription;
}

export interface SharingOptions {
  ide: Pick<Ide, 'agent' | 'clock' | 'connection'>;
  /** Ids that were shared on an earlier visit, and are again as soon as they are there. */
  before: readonly string[];
  onShared(ids: readonly string[]): void;
  onChanged(): void;
}

export function createSharing({ ide, before, onShared, onChanged }: SharingOptions): Sharing {
  const { clock } = ide;
  const wanted = new Set(before);
  let devices: readonly Device[] = [];
  let target: ProgramTarget = 'flash';
  let entries: readonly Entry[] = [];
  let last = 0;
  const line = openLine(ide, {
    announcement: () => announcementOf(entries, devices, wanted),
    onChanged,
  });
  const tell = () => {
    line.setDevices(new Map(entries.map(({ number, shared }) => [number, shared])));
    onChanged();
  };
  const add = async (device: Device) => {
    const shared = await device.shared(target);
    if (entries.some((entry) => entry.shared === shared)) return;
    const description = await describeDevice(shared.lease('the Board view'), clock);
    if (!wanted.has(device.id) || entries.some((entry) => entry.shared === shared)) return;
    // A number is not used again while a tool may still have the device that had it.
    last = (last % 255) + 1;
    const rest = entries.filter(({ id }) => id !== device.id);
    entries = [...rest, { id: device.id, number: last, title: device.title, shared, description }];
    tell();
  };
  const keep = () => onShared([...wanted]);
  return {
    isShared: (id) => entries.some((entry) => entry.id === id),
    async share(id) {
      const device = devices.find((each) => each.id === id);
      if (!device) return;
      wanted.add(id);
      try {
        await add(device);
        keep();
      } catch (error) {
        wanted.delete(id);
        throw error;
      }
    },
    revoke(id) {
      wanted.delete(id);
      entries = entries.filter((entry) => entry.id !== id);
      keep();
      tell();
    },
    uses: (id) => {
      const entry = entries.find((each) => each.id === id);
      return line.uses().filter(({ device }) => device === entry?.shared);
    },
    update(next, wired) {
      devices = next;
      target = wired;
      entries = entries.filter(({ id }) => next.some((device) => device.id === id));
      tell();
      for (const device of next)
        if (wanted.has(device.id))
          // Where it cannot be opened now, its switch is off and says why when it is used.
          add(device).catch(() => undefined);
    },
  };
}

function announcementOf(
  entries: readonly Entry[],
  devices: readonly Device[],
  wanted: ReadonlySet<string>,
): UsbAnnouncement {
  const usb = devices.filter(({ isSimulated, id }) => !isSimulated && !wanted.has(id));
  return {
    devices: entries.map(({ number, title, description }) => ({
      number,
      title,
      device: hex(description.device),
      configuration: hex(description.configuration),
      answers: description.answers.map(({ value, index, bytes }) => ({
        value,
        index,
        bytes: hex(bytes),
      })),
    })),
    notShared: usb.map(({ title }) => title),
  };
}

const hex = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

interface Line {
  setDevices(devices: ReadonlyMap<number, SharedDevice>): void;
  uses(): readonly ToolUse[];
}

/** Keeps a channel open: the agent may be replaced while the session goes on. */
function openLine(
  { agent, clock, connection }: SharingOptions['ide'],
  { announcement, onChanged }: { announcement(): UsbAnnouncement; onChanged(): void },
): Line {
  let channel: Awaited<ReturnType<typeof agent.openUsb>> | null = null;
  let devices: ReadonlyMap<number, SharedDevice> = new Map();
  const send = (message: Uint8Array) => {
    // A channel that is gone has told its tools already.
    channel?.send(message).catch(() => undefined);
  };
  const server = createToolServer({
    clock,
    send: (tool, message) => send(withNumber(tool, message)),
    onChanged,
  });
  const announce = () =>
    send(withNumber(0, new TextEncoder().encode(JSON.stringify(announcement()))));
  const open = async (waitMs: number) => {
    try {
      channel = await agent.openUsb();
    } catch {
      return;
    }
    let wasHeard = false;
    channel.onMessage((message) => {
      wasHeard = true;
      const split = splitNumber(message);
      if (split) server.receive(split.number, split.message);
    });
    channel.onClose(() => {
      channel = null;
      server.close().catch(() => undefined);
      if (connection.current.state === 'ended') return;
      const next = wasHeard ? reopenMs : Math.min(waitMs * 2, reopenMsMax);
      clock.after(next, () => void open(next));
    });
    server.setDevices(devices);
    announce();
  };
  void open(reopenMs / 2);
  // A page that goes has no board any more; tools need not wait until its line counts as dead.
  addEventListener('pagehide', () => channel?.close());
  let cancelCut: () => void = () => undefined;
  connection.watch(({ state }) => {
    cancelCut();
    if (state !== 'cut') return;
    cancelCut = clock.after(cutMs, () => void server.close().catch(() => undefined));
  });
  return {
    setDevices: (next) => {
      devices = next;
      server.setDevices(next);
      announce();
    },
    uses: server.uses,
  };
}
