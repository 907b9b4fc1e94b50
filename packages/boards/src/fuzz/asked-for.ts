/** Whether what reached a device is no more than what was asked for. */
import { planErase, planPages, usualErases } from '../memories/plan.ts';
import { bitbangTrace, type JtagTrace, jtagTrace } from '../oracle/jtag-trace.ts';
import type { SeenTransfer } from '../oracle/seen-transfer.ts';
import { flashInstructions, type SpiBurst, spiTrace } from '../oracle/spi-trace.ts';

/** What a driver was asked to do. */
export type Asked =
  | { what: 'sram' | 'flash' | 'dfu' | 'jtag' | 'bitbang'; image: Uint8Array }
  | { what: 'read' | 'erase'; length: number };

/** Null, or what nobody asked for. */
export function unasked(seen: readonly SeenTransfer[], asked: Asked): string | null {
  switch (asked.what) {
    case 'dfu':
      return unaskedBlocks(seen, asked.image);
    case 'jtag':
      return unaskedShifts(jtagTrace(seen, burst), asked.image);
    case 'bitbang':
      return unaskedShifts(bitbangTrace(seen, burst), asked.image);
    default:
      return unaskedInstructions(flashInstructions(spiTrace(seen)), asked);
  }
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

function unaskedInstructions(bursts: readonly SpiBurst[], asked: Asked): string | null {
  const allowed = allowedBy(asked);
  for (const { bytes } of bursts) {
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

/** What loadEcp5 uses (FPGA-TN-02039); none of it reaches a flash. */
const instructions = new Set([0xe0, 0x3c, 0x1c, 0xc6, 0x0e, 0x46, 0x7a, 0x26, 0xff]);
const burst = 0x7a;

function unaskedShifts(trace: JtagTrace, image: Uint8Array): string | null {
  const other = trace.instructions.find((code) => !instructions.has(code));
  if (other !== undefined) return `instruction ${other}`;
  const differs = trace.streamed.findIndex((byte, index) => byte !== image[index]);
  return differs < 0 ? null : `byte ${differs} of the image`;
}
