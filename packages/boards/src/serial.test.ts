import { sharedDevice, webUsbPort } from '@joh/boards';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { expect, test } from 'vitest';
import { divisorOf, openFtdiSerial } from './serial.ts';
import type { UsbPort } from './usb-port.ts';

const clock = systemClock();

test('rates are coded as libftdi codes them for a high-speed chip', () => {
  // From libftdi 1.5's ftdi_convert_baudrate for a TYPE_2232H, interface bits left out.
  expect(divisorOf(115_200)).toEqual({ value: 0xc068, index: 0x0200 });
  expect(divisorOf(9600)).toEqual({ value: 0x04e2, index: 0x0200 });
  expect(divisorOf(1_000_000)).toEqual({ value: 0x000c, index: 0x0200 });
  expect(divisorOf(12_000_000)).toEqual({ value: 0x0000, index: 0x0200 });
  for (const rate of [0, -1, Number.NaN, 20_000_000]) expect(() => divisorOf(rate)).toThrow();
});

test('bytes come without the status of their packets, and writes go out', async () => {
  const packets = [Uint8Array.of(0x32, 0x60), Uint8Array.of(0x32, 0x60, 104, 105)];
  const written: Uint8Array[] = [];
  let close = () => undefined as unknown;
  const port = {
    productName: 'x',
    open: async () => undefined,
    claimInterface: async () => undefined,
    controlTransferOut: async () => undefined,
    transferIn: async () => {
      const next = packets.shift();
      if (next) return next;
      return new Promise<Uint8Array>((_, reject) => {
        close = () => reject(new Error('closed'));
      });
    },
    transferOut: async (_: number, data: Uint8Array) => void written.push(data),
    close: async () => void close(),
  } as unknown as UsbPort;
  const stream = await openFtdiSerial(port, { channel: 'B', baud: 115_200, clock });
  const heard: number[] = [];
  stream.onBytes((bytes) => heard.push(...bytes));
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual([104, 105]);
  await stream.write(Uint8Array.of(1));
  expect(written).toEqual([Uint8Array.of(1)]);
  await stream.close();
  expect(await stream.ended).toBeNull();
});

test('it shares the device with a programmer, and is told of an unplugged cable', async () => {
  const board = simulatedIcebreaker({ clock });
  const shared = sharedDevice(board.device);
  const serial = await openFtdiSerial(webUsbPort(shared.lease('the console')), {
    channel: 'B',
    baud: 115_200,
    clock,
  });
  const programmer = shared.lease('the Board view');
  await programmer.open();
  await programmer.claimInterface(0);
  await expect(programmer.claimInterface(1)).rejects.toThrow(/is used by the console/);
  await programmer.close();
  expect(board.device.opened).toBe(true);
  board.unplug();
  expect(await serial.ended).toMatchObject({ code: 'E_BOARD_DISCONNECTED' });
});
