/** What is known of the parts of an iCE40 that designs name themselves. Pure. */
import { fault } from '@joh/protocol';
import type { Primitive } from './rtlil.ts';

/** What the primitives of a design mean for its simulation. */
export interface Primitives {
  /** A model is needed at all. */
  used: boolean;
  /** The clock that the design makes itself; null when it comes from a pin. */
  oscillatorHz: number | null;
  /** The design's clock is the board's, times this. */
  clockScale: number;
  /** What the simulation does not do as silicon would; sentences for people. */
  notes: string[];
}

/** Hard blocks without a model (Lattice FPGA-TN-02010, -02011, technology library). */
const withoutModel: Record<string, string> = {
  SB_I2C: 'the hard I²C block',
  SB_SPI: 'the hard SPI block',
  SB_LEDDA_IP: 'the LED dimmer block',
  SB_WARMBOOT: 'warm boot',
  SB_FILTER_50NS: 'the 50 ns filter',
  SB_IO_I3C: 'an I3C pin',
};

/**
 * @throws Fault `E_SIMULATION_UNSUPPORTED` naming the part that has no model.
 */
export function readPrimitives(primitives: readonly Primitive[]): Primitives {
  const notes = new Set<string>();
  let oscillatorHz: number | null = null;
  let clockScale = 1;
  for (const { type, name, parameters } of primitives) {
    const words = withoutModel[type];
    if (words) throw fault('E_SIMULATION_UNSUPPORTED', { part: `${words} (${type} "${name}")` });
    if (type.startsWith('SB_PLL40')) {
      clockScale = pllScale(type, parameters);
      notes.add(
        `The PLL is simulated as a faster clock for the whole design: ×${Math.round(clockScale * 1000) / 1000} of its input. Logic on the input clock itself runs too fast by as much.`,
      );
    } else if (type === 'SB_HFOSC') {
      // 48 MHz, divided by 1, 2, 4 or 8 (FPGA-TN-02008).
      const power = Number(
        /[01]{2}/.exec(parameters.CLKHF_DIV ?? '')?.[0] ? bits(parameters.CLKHF_DIV ?? '') : 0,
      );
      oscillatorHz = 48_000_000 / 2 ** power;
    } else if (type === 'SB_LFOSC') oscillatorHz ??= 10_000;
    else if ((type === 'SB_IO' || type === 'SB_GB_IO') && isTriState(parameters))
      notes.add(
        'A pin that is driven only now and then (tri-state) reads as high while nobody drives it.',
      );
  }
  return { used: primitives.length > 0, oscillatorHz, clockScale, notes: [...notes] };
}

/** `4'0011`, `"0b10"` and `3` as a number. */
function bits(text: string): number {
  const digits = /(?:'|0b)([01]+)/.exec(text)?.[1];
  return digits === undefined ? Number.parseInt(text, 10) || 0 : Number.parseInt(digits, 2);
}

/** FPGA-TN-02052, "iCE40 sysCLOCK PLL": the frequency of PLLOUT over REFERENCECLK. */
function pllScale(type: string, parameters: Readonly<Record<string, string>>): number {
  const value = (name: string) => bits(parameters[name] ?? '0');
  const reference = 1 / (value('DIVR') + 1);
  const feedback = value('DIVF') + 1;
  const divided = 2 ** value('DIVQ');
  const isSimple = /SIMPLE/.test(parameters.FEEDBACK_PATH ?? 'SIMPLE');
  const scale = isSimple ? (reference * feedback) / divided : reference * feedback;
  const select = parameters[type.includes('_2_') ? 'PLLOUT_SELECT_PORTB' : 'PLLOUT_SELECT'] ?? '';
  return /HALF/.test(select) ? scale / 2 : scale;
}

/** PIN_TYPE[5:4] = 1x: the output has an enable (technology library, SB_IO). */
const isTriState = (parameters: Readonly<Record<string, string>>) =>
  (bits(parameters.PIN_TYPE ?? '0') & 0b100000) !== 0;
