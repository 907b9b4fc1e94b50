/** A board on a desk, and a tool in a session: agent, link and page with a line as long as asked. */
import { join } from 'node:path';
import { createBoards } from '@joh/agent/boards';
import { sharedDevice, type WebUsbDevice } from '@joh/boards';
import { createToolServer, describeDevice, splitNumber, withNumber } from '@joh/boards/tunnel';
import type { Clock, Random } from '@joh/clock';
import { createClientLink, createServerLinks } from '@joh/link';
import { waitFor } from '@joh/testkit';
import { delayedPipe } from './delayed-pipe.ts';

export interface Distance {
  /** Where tools find it. */
  path: string;
  close(): Promise<void>;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Shares `device` over a line with this round trip. */
export async function distance(options: {
  folder: string;
  device: WebUsbDevice;
  roundTripMs: number;
  clock: Clock;
  random: Random;
}): Promise<Distance> {
  const { folder, device, roundTripMs, clock, random } = options;
  const path = join(folder, 'usb.sock');
  const boards = await createBoards({ clock, path });
  const servers = createServerLinks({
    clock,
    random,
    checkTicket: async () => ({ user: 'bench', session: 'bench' }),
    onLink: (link) =>
      link.onChannel((channel) => {
        const page = boards.page((message) => channel.send(message));
        channel.onMessage(page.receive);
        channel.onClose(page.close);
      }),
  });
  const pipe = delayedPipe(clock, roundTripMs / 2);
  servers.accept(pipe.b);
  const link = createClientLink({
    connect: async () => pipe.a,
    ticket: async () => 'bench',
    clock,
    random,
  });
  const channel = link.open('usb', {});
  const send = (message: Uint8Array) => channel.send(message).catch(() => undefined);
  const server = createToolServer({
    clock,
    send: (tool, message) => void send(withNumber(tool, message)),
  });
  channel.onMessage((message) => {
    const split = splitNumber(message);
    if (split) server.receive(split.number, split.message);
  });
  const described = await describeDevice(device, clock);
  server.setDevices(new Map([[1, sharedDevice(device)]]));
  const announced = {
    number: 1,
    title: device.productName ?? '',
    device: hex(described.device),
    configuration: hex(described.configuration),
    answers: described.answers.map((each) => ({ ...each, bytes: hex(each.bytes) })),
  };
  await send(withNumber(0, Buffer.from(JSON.stringify({ devices: [announced], notShared: [] }))));
  await waitFor(() => link.state === 'open', { deadlineMs: 10_000 });
  // The agent knows of it one way later.
  await clock.sleep(roundTripMs + 50);
  return {
    path,
    close: async () => {
      link.close();
      servers.close(1000, 'over');
      await server.close();
      await boards.close();
    },
  };
}
