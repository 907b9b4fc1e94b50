/** Whether what reached a device is no more than what was asked for. */
import { planErase, planPages, usualErases } from '../memories/plan.ts';
import { bitbangTrace, type JtagTrace, jtagTrace } from '../oracle/jtag-trace.ts';
import type { SeenTransfer } from '../oracle/seen-transfer.ts';
import { flashInstructions, spiTrace } from '../oracle/spi-trace.ts';

/** What a driver was asked to do; `over` is how the board is reached, default SPI. */
export type Asked = { over?: 'jtag' | 'bitbang' } & (
  | { what: 'sram' | 'flash' | 'dfu'; image: Uint8Array }
  | { what: 'read' | 'erase'; length: number }
);

/** Null, or what nobody asked for. */
export function unasked(seen: readonly SeenTransfer[], asked: Asked): string | null {
  if (asked.what === 'dfu') return unaskedBlocks(seen, asked.image);
  if (asked.over === undefined)
    return unaskedInstructions(
      flashInstructions(spiTrace(seen)).map(({ bytes }) => bytes),
      asked,
    );
  const trace = (asked.over === 'jtag' ? jtagTrace : bitbangTrace)(seen, burst);
  return unaskedShifts(trace, asked) ?? unaskedInstructions(trace.toFlash, asked);
}

/** Wake, id, SFDP, status, read: they change nothing. Write enable alone does neither. */
const harmless = new Set([0xab, 0x9f, 0x5a, 0x05, 0x03, 0x06]);
const program = 0x02;
const erases = new Set([0x20, 0xd8]);

interface Allowed {
  erases: ReadonlySet<string>;
  /** What goes to each page, as text. */
  pages: ReadonlyMap<number, string>;
}
const allowances = new WeakMap<Asked, Allowed>();

/** The same for each try of the same thing. */
function allowedBy(asked: Asked): Allowed {
  const known = allowances.get(asked);
  if (known) return known;
  const image = asked.what === 'flash' ? asked.image : new Uint8Array();
  const erased = asked.what === 'erase' ? asked.length : image.length;
  const allowed = {
    // A chip may have sectors or blocks alone.
    erases: new Set(
      [usualErases, ...usualErases.map((each) => [each] as const)]
        .flatMap((erases) => planErase(erased, erases))
        .map(({ opcode, address }) => `${opcode} ${address}`),
    ),
    pages: new Map(planPages(image).map(({ address, data }) => [address, String(data)])),
  };
  allowances.set(asked, allowed);
  return allowed;
}

function unaskedInstructions(bursts: readonly number[][], asked: Asked): string | null {
  const allowed = allowedBy(asked);
  for (const bytes of bursts) {
    const [opcode = 0, high = 0, middle = 0, low = 0, ...data] = bytes;
    const address = (high << 16) | (middle << 8) | low;
    if (asked.what === 'sram') return `instruction ${opcode} to the flash`;
    if (harmless.has(opcode)) continue;
    if (erases.has(opcode) && allowed.erases.has(`${opcode} ${address}`)) continue;
    if (opcode === program && allowed.pages.get(address) === String(data)) continue;
    return `instruction ${opcode} at ${address}`;
  }
  return null;
}

function unaskedBlocks(seen: readonly SeenTransfer[], image: Uint8Array): string | null {
  let at = 0;
  for (const { setup, data } of seen) {
    if (setup?.requestType !== 'class' || setup.request !== 1) continue;
    if (String(image.subarray(at, at + data.length)) !== String(data)) return `a block at ${at}`;
    at += data.length;
  }
  return null;
}

/** What the ECP5's driver uses (FPGA-TN-02039): for its SRAM, and for its flash. */
const instructions = new Set([0xe0, 0x3c, 0x1c, 0xc6, 0x0e, 0x46, 0x7a, 0x26, 0xff]);
const flashAccess = new Set([0xe0, 0x3c, 0x1c, 0xc6, 0x0e, 0x26, 0x3a, 0x79]);
const burst = 0x7a;

function unaskedShifts(trace: JtagTrace, asked: Asked): string | null {
  const usual = asked.what === 'sram' ? instructions : flashAccess;
  const other = trace.instructions.find((code) => !usual.has(code));
  if (other !== undefined) return `instruction ${other}`;
  if (asked.what !== 'sram') return null;
  const differs = trace.streamed.findIndex((byte, index) => byte !== asked.image[index]);
  return differs < 0 ? null : `byte ${differs} of the image`;
}
