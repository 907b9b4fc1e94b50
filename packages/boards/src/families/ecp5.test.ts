import { boardById } from '@joh/boards';
import { systemClock } from '@joh/clock';
import { expect, test } from 'vitest';
import type { JtagBus } from '../wires/jtag.ts';
import { loadEcp5 } from './ecp5.ts';

/** What a chain with these IDCODEs answers to the first question; nothing comes after it. */
function chain(...idcodes: readonly number[]): JtagBus {
  const words = new Uint32Array(4);
  words.set(idcodes);
  const nothing = () => undefined;
  return {
    ...{ reset: nothing, instruction: nothing, write: nothing, read: nothing },
    ...{ stream: nothing, idle: nothing, transfer: nothing, clockHz: 1 },
    run: async () => new Uint8Array(words.buffer),
  };
}

const load = (bus: JtagBus) =>
  loadEcp5({
    bus,
    board: boardById('ecp5-evn'),
    bitstream: new Uint8Array(),
    attempt: { clock: systemClock(), signal: undefined, board: 'the board' },
    report: () => undefined,
  });

test('several devices on the chain are named, and nothing is sent to any', async () => {
  await expect(load(chain(0x81113043, 0x3632093))).rejects.toThrow(
    /chain has 2 devices \(ECP5 LFE5UM5G-85F, the one with IDCODE 0x3632093\), and this is for one/,
  );
  await expect(load(chain(1, 3, 5, 7))).rejects.toThrow(/chain has 4 devices/);
});

test('another FPGA, and none', async () => {
  await expect(load(chain(0x41111043))).rejects.toThrow(/its FPGA is ECP5 LFE5U-25F, not/);
  await expect(load(chain())).rejects.toThrow(/no FPGA answers/);
  await expect(load(chain(0xffffffff))).rejects.toThrow(/no FPGA answers/);
});
