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

/** A device whose bitstream carries its JTAG IDCODE. */
interface IdentifiedDevice extends Device {
  idcode: number;
}

const ecp5 = (id: string, part: string, idcode: number, frames: number, frameBytes: number) => ({
  family: 'ecp5',
  id,
  title: `ECP5 ${part}`,
  idcode,
  frames,
  frameBytes,
});

/** Project Trellis, "Device-Specific Information"; ids as nextpnr spells them (`--25k`). */
export const ecp5Devices: readonly (IdentifiedDevice & { frames: number; frameBytes: number })[] = [
  ecp5('12k', 'LFE5U-12F', 0x21111043, 7562, 74),
  ecp5('25k', 'LFE5U-25F', 0x41111043, 7562, 74),
  ecp5('45k', 'LFE5U-45F', 0x41112043, 9470, 106),
  ecp5('85k', 'LFE5U-85F', 0x41113043, 13294, 142),
  ecp5('um-25k', 'LFE5UM-25F', 0x01111043, 7562, 74),
  ecp5('um-45k', 'LFE5UM-45F', 0x01112043, 9470, 106),
  ecp5('um-85k', 'LFE5UM-85F', 0x01113043, 13294, 142),
  ecp5('um5g-25k', 'LFE5UM5G-25F', 0x81111043, 7562, 74),
  ecp5('um5g-45k', 'LFE5UM5G-45F', 0x81112043, 9470, 106),
  ecp5('um5g-85k', 'LFE5UM5G-85F', 0x81113043, 13294, 142),
];

const gowin = (id: string, title: string, ...idcodes: number[]) =>
  idcodes.map((idcode) => ({ family: 'gowin', id, title: `Gowin ${title}`, idcode }));

/** Project Apicula, "Command structure", and the IDCODE tables of Gowin UG290. */
export const gowinDevices: readonly IdentifiedDevice[] = [
  ...gowin('gw1n-1', 'GW1N-1', 0x0900281b),
  ...gowin('gw1n-4', 'GW1N-4', 0x0100381b),
  ...gowin('gw1n-9', 'GW1N-9', 0x1100581b, 0x0100581b),
  ...gowin('gw1n-9c', 'GW1N-9C', 0x1100481b, 0x0100481b),
  ...gowin('gw1nz-1', 'GW1NZ-1', 0x0100681b),
  ...gowin('gw1ns-4', 'GW1NS-4', 0x0100981b),
  ...gowin('gw2a-18', 'GW2A-18', 0x0000081b),
  ...gowin('gw2a-55', 'GW2A-55', 0x0000281b),
  ...gowin('gw5a-25', 'GW5A-25', 0x0001281b),
  ...gowin('gw5ast-138', 'GW5AST-138', 0x0001081b),
];

const xilinx7 = (part: string, ...idcodes: number[]) =>
  idcodes.map((idcode) => ({
    family: 'xilinx7',
    id: part.split('/')[0] ?? part,
    title: `Xilinx ${part.toUpperCase()}`,
    idcode,
  }));

/**
 * AMD UG470 table "Configuration IDCODE"; the version in the top four bits is left out. Where two
 * parts are one die (35T and 50T), only the IDCODE tells them apart.
 */
export const xilinx7Devices: readonly IdentifiedDevice[] = [
  ...xilinx7('xc7a12t', 0x3712093),
  ...xilinx7('xc7a15t', 0x362e093),
  ...xilinx7('xc7a25t', 0x37c2093),
  ...xilinx7('xc7a35t', 0x362d093),
  ...xilinx7('xc7a50t', 0x362c093),
  ...xilinx7('xc7a75t', 0x3632093),
  ...xilinx7('xc7a100t', 0x3631093),
  ...xilinx7('xc7a200t', 0x3636093),
  ...xilinx7('xc7k70t', 0x3647093),
  ...xilinx7('xc7k160t', 0x364c093),
  ...xilinx7('xc7k325t', 0x3651093),
  ...xilinx7('xc7k355t', 0x3747093),
  ...xilinx7('xc7k410t', 0x3656093),
  ...xilinx7('xc7k420t', 0x3752093),
  ...xilinx7('xc7k480t', 0x3751093),
  ...xilinx7('xc7s6', 0x3622093),
  ...xilinx7('xc7s15', 0x3620093),
  ...xilinx7('xc7s25', 0x37c4093),
  ...xilinx7('xc7s50', 0x362f093),
  ...xilinx7('xc7s75', 0x37c8093),
  ...xilinx7('xc7s100', 0x37c7093),
  ...xilinx7('xc7z010', 0x3722093),
  ...xilinx7('xc7z020', 0x3727093),
];

const known: readonly Device[] = [
  ...ice40Devices,
  ...ecp5Devices,
  ...gowinDevices,
  ...xilinx7Devices,
];

/** The words for a device of a bitstream or a board, e.g. `iCE40 UP5K`. */
export function deviceTitle(family: string, device: string | null): string {
  const row = known.find(({ family: name, id }) => name === family && id === device);
  if (row) return row.title;
  return device === null ? `an unknown ${family} device` : `${family} ${device}`;
}
