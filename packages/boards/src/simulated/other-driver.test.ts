/**
 * The simulated board under a driver that shares nothing with ours: the order of steps that Project
 * IceStorm's iceprog takes (everything full duplex, the slow base clock, the mode bits first, whole
 * 64 KB blocks, SCK and MOSI driven to the end). If the models fit only our driver, this fails.
 */
import { readFileSync } from 'node:fs';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { fakeClock } from '@joh/testkit';
import { expect, test } from 'vitest';

const image = new Uint8Array(
  readFileSync(new URL('../../fixtures/up5k-walk.bin', import.meta.url)),
);

async function connect(jumpers: 'flash' | 'sram') {
  const clock = fakeClock();
  const board = simulatedIcebreaker({ clock, jumpers });
  const { device } = board;
  await clock.advance(500);
  await device.open();
  await device.selectConfiguration(1);
  await device.claimInterface(0);
  const setup = { requestType: 'vendor', recipient: 'device', index: 1 } as const;
  const control = (request: number, value: number) =>
    device.controlTransferOut({ ...setup, request, value });
  const send = async (...bytes: number[]) => {
    await device.transferOut(2, Uint8Array.from(bytes));
  };
  const receive = async (length: number): Promise<number[]> => {
    const data: number[] = [];
    while (data.length < length) {
      const transfer = device.transferIn(1, 4096);
      await clock.advance(2);
      const { data: view } = await transfer;
      const bytes = new Uint8Array(view!.buffer);
      for (let at = 0; at < bytes.length; at += 512) data.push(...bytes.subarray(at + 2, at + 512));
    }
    expect(data).toHaveLength(length);
    return data;
  };
  const pins = (cs: boolean, reset: boolean) =>
    send(0x80, 0, 0x03 | (cs ? 0x10 : 0) | (reset ? 0x80 : 0));
  const duplex = async (bytes: readonly number[]) => {
    await send(0x31, (bytes.length - 1) & 255, (bytes.length - 1) >> 8, ...bytes);
    return receive(bytes.length);
  };
  const isDone = async () => {
    await send(0x81);
    return ((await receive(1))[0]! & 0x40) !== 0;
  };
  await control(0x00, 0);
  await control(0x00, 1);
  await control(0x00, 2);
  expect(
    (await device.controlTransferIn({ ...setup, request: 0x0a, value: 0 }, 1)).data?.byteLength,
  ).toBe(1);
  await control(0x09, 1);
  await control(0x0b, 0x02ff);
  await send(0x8b, 0x86, 0, 0);
  return { board, clock, pins, duplex, send, receive, isDone };
}

test('flash: reset, wake, id, erase, program, read, sleep, boot', async () => {
  const { board, clock, pins, duplex, send, receive, isDone } = await connect('flash');
  const command = async (...bytes: number[]) => {
    await pins(true, true);
    const out = await duplex(bytes);
    await pins(false, true);
    return out;
  };
  const wait = async () => {
    for (let tries = 0; tries < 1000; tries++) {
      if (((await command(0x05, 0))[1]! & 1) === 0) return;
      await clock.advance(1);
    }
    expect.fail('the flash stays busy');
  };
  await pins(false, true);
  await clock.advance(250);
  await pins(true, true);
  await send(0x33, 7, 0xff);
  await receive(1);
  await pins(false, true);
  await command(0xab);
  await clock.advance(1);
  expect((await command(0x9f, 0, 0, 0)).slice(1)).toEqual([0xef, 0x40, 0x18]);
  for (let at = 0; at < image.length; at += 65_536) {
    await command(0x06);
    await command(0xd8, at >> 16, at >> 8, at & 255);
    await wait();
  }
  for (let at = 0; at < image.length; at += 256) {
    await command(0x06);
    await pins(true, true);
    const page = [...image.subarray(at, at + 256)];
    await send(0x11, 3, 0, 0x02, at >> 16, (at >> 8) & 255, at & 255);
    await send(0x11, page.length - 1, 0, ...page);
    await pins(false, true);
    await wait();
  }
  await pins(true, true);
  await duplex([0x03, 0, 0, 0]);
  const back: number[] = [];
  while (back.length < image.length)
    back.push(...(await duplex(new Array(Math.min(256, image.length - back.length)).fill(0))));
  await pins(false, true);
  expect(Uint8Array.from(back)).toEqual(image);
  await command(0xb9);
  expect(await isDone()).toBe(false);
  await pins(false, false);
  await clock.advance(250);
  expect(await isDone()).toBe(true);
  expect(board.state()).toMatchObject({ configured: true, source: 'flash' });
});

test('SRAM: select low while reset rises, the image, 49 clocks', async () => {
  const { board, clock, pins, send, isDone } = await connect('sram');
  await pins(true, true);
  await clock.advance(1);
  await pins(true, false);
  await clock.advance(2);
  for (let at = 0; at < image.length; at += 4096) {
    const part = [...image.subarray(at, at + 4096)];
    await send(0x11, (part.length - 1) & 255, (part.length - 1) >> 8, ...part);
  }
  await send(0x8f, 5, 0);
  await send(0x8e, 0);
  expect(await isDone()).toBe(true);
  expect(board.state()).toMatchObject({ configured: true, source: 'sram' });
});

test('SRAM: data within 1.2 ms of the reset is lost, as on silicon', async () => {
  const { board, pins, send, isDone } = await connect('sram');
  await pins(true, true);
  await pins(true, false);
  await send(
    0x11,
    (image.length - 1) & 255,
    ((image.length - 1) >> 8) & 255,
    ...image.subarray(0, 1 + ((image.length - 1) & 0xffff)),
  );
  expect(await isDone()).toBe(false);
  expect(board.state().reason).toMatch(/before its memories were cleared/);
});
