import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { boardById, eraseFlash, programBoard, readFlash, webUsbPort } from '@joh/boards';
import { boardConformance, finishWith } from '@joh/boards/conformance';
import { type SimulatedFaults, simulatedUlx3s } from '@joh/boards/simulated';
import { fakeClock } from '@joh/testkit';
import { describe, expect, test } from 'vitest';
import { recorded, type SeenTransfer } from '../oracle/seen-transfer.ts';
import { ft231x } from './ftdi-chip.ts';

const fixture = (path: string) =>
  new Uint8Array(gunzipSync(readFileSync(new URL(`../../${path}`, import.meta.url))));

describe('ULX3S', () => {
  boardConformance({
    board: boardById('ulx3s'),
    target: 'sram',
    create: (faults: SimulatedFaults = {}) => {
      const clock = fakeClock();
      return { clock, simulated: simulatedUlx3s({ clock, faults }), finish: finishWith(clock) };
    },
    images: {
      first: fixture('fixtures/ecp5-85k-counter.bit.gz'),
      second: fixture('fixtures/ecp5-85k-walk.bit.gz'),
      otherDevice: fixture('../bitstream/fixtures/ecp5-um5g-85k-blinky.bit.gz'),
    },
  });
});

test('its flash is written, read back, booted from, read and erased', async () => {
  const clock = fakeClock();
  const finish = finishWith(clock);
  const simulated = simulatedUlx3s({ clock });
  const bitstream = fixture('fixtures/ecp5-85k-counter.bit.gz');
  const options = () => ({
    ...{ port: webUsbPort(simulated.device), board: boardById('ulx3s'), clock },
  });
  const result = await finish(programBoard({ ...options(), bitstream, target: 'flash' }));
  expect(result).toMatchObject({ verified: 'read-back', flash: { jedecId: 'ef4018' } });
  expect(simulated.state()).toMatchObject({ configured: true, source: 'flash', reason: null });
  expect(await finish(readFlash(options(), 5000))).toEqual(bitstream.subarray(0, 5000));
  await finish(eraseFlash(options(), 5000));
  await finish(clock.sleep(1000));
  expect(simulated.state().reason).toMatch(/holds no image/);
});

test('its rate is 3 Mbaud: the code 0, with no bit of it in wIndex', async () => {
  const clock = fakeClock();
  const simulated = simulatedUlx3s({ clock });
  const seen: SeenTransfer[] = [];
  const bitstream = fixture('fixtures/ecp5-85k-counter.bit.gz');
  const port = webUsbPort(recorded(simulated.device, seen));
  const board = boardById('ulx3s');
  await finishWith(clock)(programBoard({ port, board, bitstream, clock }));
  const rates = seen.flatMap(({ setup }) => (setup?.request === 3 ? [setup] : []));
  expect(rates).toMatchObject([{ value: 0, index: 0 }]);
});

test('the synchronous mode reads the pins before each byte, as FTDI shows it', async () => {
  const clock = fakeClock();
  let pins = 0xff;
  const { device } = ft231x({
    clock,
    lines: {
      drive: (levels, directions) => {
        pins = (levels | ~directions) & 0xff;
      },
      levels: () => pins,
      clock: () => 1,
    },
    names: { manufacturer: 'FTDI', product: 'FT231X USB UART', serial: 'D1' },
    faults: {},
    onUnplugged: () => undefined,
  });
  const finish = finishWith(clock);
  const vendor = (request: number, value: number) =>
    device.controlTransferOut({
      ...{ requestType: 'vendor', recipient: 'device', request, value, index: 1 },
    });
  const read = async (length: number) => {
    const { data } = await finish(device.transferIn(1, length));
    return [...new Uint8Array(data!.buffer)];
  };
  await device.open();
  await device.claimInterface(0);
  await vendor(0x0b, 0x04ff);
  pins = 0xff;
  await device.transferOut(2, Uint8Array.of(0x55, 0xaa));
  expect(pins).toBe(0xaa);
  expect(await read(64)).toEqual([0x32, 0x60, 0xff, 0x55]);
  // It stops when nobody reads: 512 bytes wait, the rest is not put out.
  const many = Uint8Array.from({ length: 600 }, (_, index) => index & 0xff);
  await device.transferOut(2, many);
  expect(pins).toBe(511 & 0xff);
  expect(await read(64)).toHaveLength(64);
  expect(pins).toBe((511 + 62) & 0xff);
  // Asynchronous: the pins follow at once, and are sampled for whoever reads.
  await vendor(0x0b, 0x010f);
  expect(pins).toBe((511 + 62) & 0xff);
  await device.transferOut(2, Uint8Array.of(0x35));
  expect(pins).toBe(0xf5);
  await vendor(0x00, 2);
  expect((await read(64)).slice(2, 4)).toEqual([0xf5, 0xf5]);
});
