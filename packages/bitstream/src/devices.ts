/** Devices as bitstreams tell them apart: by die, which several parts may share. */

export interface Device {
  family: string;
  /** The id used in bitstream information and in the board table. */
  id: string;
  /** For people: the parts that take this bitstream. */
  title: string;
}

/**
 * An iCE40 bitstream names no part, only the size of its memory banks, so parts that share a die
 * (HX8K, LP8K and the fused-down HX4K) share an id: the best known of them, as nextpnr spells it.
 */
export const ice40Devices = [
  { family: 'ice40', id: 'lp384', title: 'iCE40 LP384', cramWidth: 182, cramHeight: 80 },
  { family: 'ice40', id: 'hx1k', title: 'iCE40 HX1K/LP1K', cramWidth: 332, cramHeight: 144 },
  { family: 'ice40', id: 'hx8k', title: 'iCE40 HX8K/LP8K', cramWidth: 872, cramHeight: 272 },
  { family: 'ice40', id: 'up5k', title: 'iCE40 UP5K', cramWidth: 692, cramHeight: 336 },
  { family: 'ice40', id: 'u4k', title: 'iCE5LP4K (iCE40 Ultra)', cramWidth: 692, cramHeight: 176 },
  { family: 'ice40', id: 'lm4k', title: 'iCE40 LM4K', cramWidth: 656, cramHeight: 176 },
] as const satisfies readonly (Device & { cramWidth: number; cramHeight: number })[];

/** The words for a device of a bitstream or a board, e.g. `iCE40 UP5K`. */
export function deviceTitle(family: string, device: string | null): string {
  const known = ice40Devices.find((row) => row.family === family && row.id === device);
  if (known) return known.title;
  return device === null ? `an unknown ${family} device` : `${family} ${device}`;
}
