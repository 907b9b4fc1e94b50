/**
 * Serial flash chips: the instructions that all vendors share (JEDEC JESD216; Winbond W25Q128JV and
 * Micron N25Q032 datasheets).
 */
import { fault } from '@joh/protocol';
import { type Attempt, pause, until } from '../attempt.ts';
import type { SpiBus } from '../wires/spi.ts';
import { planErase, planPages, usualErases } from './plan.ts';
import { readSfdp, type Sfdp, sfdpBytes } from './sfdp.ts';

const instruction = {
  readStatus: 0x05,
  writeEnable: 0x06,
  program: 0x02,
  read: 0x03,
  readId: 0x9f,
  readSfdp: 0x5a,
  wake: 0xab,
} as const;
const busyBit = 0x01;
/** BP0 to BP2; any of them protects a part of the array. */
const protectBits = 0x1c;
/** Datasheet maxima: 64 KB erase 2 s (W25Q128JV), 3 s (N25Q032); page 5 ms. Twice that is dead. */
const eraseDeadlineMs = 6000;
const programDeadlineMs = 100;
/** tRES1 is 3 µs; a millisecond is the shortest wait there is. */
const wakeMs = 1;
const erasePollMs = 10;
const programPollMs = 1;
/**
 * A page takes 0.4 to 0.7 ms as a rule (tPP, W25Q128JV): so many clocks at 6 MHz, the fastest of any
 * board, after which its status is asked in the same USB transfer. A page that needs longer is polled.
 */
const programClockBytes = Math.ceil((0.75 * 6_000_000) / 8 / 1000);
const readBytes = 8 * 1024;

/** Chips of the boards in the table, by JEDEC id. */
const names: Readonly<Record<string, string>> = {
  ef4018: 'Winbond W25Q128JV',
  ef7018: 'Winbond W25Q128JV-M',
  ef4016: 'Winbond W25Q32JV',
  '20ba16': 'Micron N25Q032A',
  c22016: 'Macronix MX25L3233F',
};

export interface FlashChip {
  /** Six hex digits. */
  jedecId: string;
  name: string;
  sizeBytes: number;
}

export interface SpiFlash {
  /** Wakes the chip and asks who it is; null when nothing answers. */
  identify(): Promise<FlashChip | null>;
  /** Whether the status register protects any part of the array. */
  isProtected(): Promise<boolean>;
  /** Makes room for `length` bytes at address 0, and no more than the last of the smallest sectors. */
  erase(length: number, onProgress: (fraction: number) => void): Promise<void>;
  write(bytes: Uint8Array, onProgress: (fraction: number) => void): Promise<void>;
  /** The bytes from address 0 on. */
  read(length: number, onProgress: (fraction: number) => void): Promise<Uint8Array>;
  /** The first byte that differs, or null. */
  compare(bytes: Uint8Array, onProgress: (fraction: number) => void): Promise<number | null>;
}

/** What is done to a flash on its bus; `reset` is the FPGA's, where the bus has it. */
export type FlashBus = Pick<SpiBus, 'control' | 'write' | 'read' | 'clocks' | 'run'>;

/** The flash on a bus that its FPGA leaves alone. */
export function spiFlash(bus: FlashBus, attempt: Attempt): SpiFlash {
  let erases = usualErases;
  /** One instruction: select, send, read, deselect. */
  const queue = (bytes: Uint8Array, length = 0) => {
    bus.control({ select: true, reset: true });
    bus.write(bytes);
    if (length > 0) bus.read(length);
    bus.control({ select: false, reset: true });
  };
  const status = async () => {
    queue(Uint8Array.of(instruction.readStatus), 1);
    const [value = 0xff] = await bus.run('reading the status of its flash');
    return value;
  };
  const settled = async (everyMs: number, deadlineMs: number, step: string) => {
    const isReady = await until(
      attempt,
      everyMs,
      deadlineMs,
      async () => ((await status()) & busyBit) === 0,
    );
    if (!isReady) throw fault('E_BOARD_TIMEOUT', { board: attempt.board, step });
  };
  return {
    identify: async () => {
      queue(Uint8Array.of(instruction.wake));
      await bus.run('waking its flash');
      await pause(attempt, wakeMs);
      queue(Uint8Array.of(instruction.readId), 3);
      // Three bytes of address and one to wait (JESD216 §4.2).
      queue(Uint8Array.of(instruction.readSfdp, 0, 0, 0, 0), sfdpBytes);
      const answer = await bus.run('asking its flash who it is');
      const sfdp = readSfdp(answer.subarray(3));
      erases = sfdp?.erases ?? usualErases;
      return chipOf(answer.subarray(0, 3), sfdp);
    },
    isProtected: async () => ((await status()) & protectBits) !== 0,
    erase: async (length, onProgress) => {
      const plan = planErase(length, erases);
      for (const [index, { opcode, address }] of plan.entries()) {
        queue(Uint8Array.of(instruction.writeEnable));
        queue(Uint8Array.of(opcode, ...addressBytes(address)));
        await bus.run('erasing its flash');
        await settled(erasePollMs, eraseDeadlineMs, 'erasing its flash');
        onProgress((index + 1) / plan.length);
      }
    },
    write: async (bytes, onProgress) => {
      for (const { address, data } of planPages(bytes)) {
        queue(Uint8Array.of(instruction.writeEnable));
        const page = new Uint8Array(4 + data.length);
        page.set([instruction.program, ...addressBytes(address)]);
        page.set(data, 4);
        queue(page);
        bus.clocks(programClockBytes);
        queue(Uint8Array.of(instruction.readStatus), 1);
        const [state = busyBit] = await bus.run('writing its flash');
        if ((state & busyBit) !== 0)
          await settled(programPollMs, programDeadlineMs, 'writing its flash');
        onProgress((address + data.length) / bytes.length);
      }
    },
    read: async (length, onProgress) => {
      const whole = new Uint8Array(length);
      for (let address = 0; address < length; address += readBytes) {
        const count = Math.min(readBytes, length - address);
        queue(Uint8Array.of(instruction.read, ...addressBytes(address)), count);
        whole.set(await bus.run('reading its flash'), address);
        onProgress((address + count) / length);
      }
      return whole;
    },
    compare: async (bytes, onProgress) => {
      for (let address = 0; address < bytes.length; address += readBytes) {
        const expected = bytes.subarray(address, address + readBytes);
        queue(Uint8Array.of(instruction.read, ...addressBytes(address)), expected.length);
        const found = await bus.run('reading its flash back');
        const different = expected.findIndex((byte, index) => byte !== found[index]);
        if (different >= 0) return address + different;
        onProgress((address + expected.length) / bytes.length);
      }
      return null;
    },
  };
}

const addressBytes = (address: number) => [address >> 16, (address >> 8) & 0xff, address & 0xff];

/** The third byte of the id is the size as a power of two, where the chip has no table that says it. */
function chipOf(id: Uint8Array, sfdp: Sfdp | null): FlashChip | null {
  const [maker = 0xff, , capacity = 0] = id;
  if (maker === 0xff || maker === 0x00) return null;
  if (!sfdp && (capacity < 0x10 || capacity > 0x1f)) return null;
  const jedecId = [...id].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const sizeBytes = sfdp?.sizeBytes ?? 2 ** capacity;
  return { jedecId, name: names[jedecId] ?? `chip ${jedecId}`, sizeBytes };
}
