/** Which unmodified tool programs which simulated board: what the tests run, and the table in the docs. */
import { fileURLToPath } from 'node:url';
import type { ProgramTarget } from '@joh/boards';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../bitstream/fixtures/${name}`, import.meta.url));
export const ice40Image = fixture('up5k-memory.bin');
/** Packed; the tests unpack it to a file of theirs. */
export const ecp5Image = fixture('ecp5-um5g-85k-blinky.bit.gz');
export const ulx3sImage = fileURLToPath(
  new URL('../../fixtures/ecp5-85k-counter.bit.gz', import.meta.url),
);

export interface Pair {
  tool: 'iceprog' | 'openFPGALoader' | 'dfu-util';
  /** `FILE` stands for the image. */
  args: readonly string[];
  board: 'icebreaker' | 'fomu' | 'ecp5-evn' | 'ulx3s';
  target: ProgramTarget;
  /** What the tool exits with, where all went well. */
  exit: number;
  /** How what it sent compares with ours. */
  same: string;
  /** Whether end-to-end tests run it in a terminal of the IDE in Chromium, on both engines. */
  inChromium: boolean;
}

const iceprog = { tool: 'iceprog', board: 'icebreaker', exit: 0 } as const;
const openFpgaLoader = { tool: 'openFPGALoader', exit: 0 } as const;
const configuration = 'configuration bytes equal ours';
const blocks = 'blocks equal ours';

export const pairs: readonly Pair[] = [
  { ...iceprog, args: ['FILE'], target: 'flash', same: configuration, inChromium: false },
  { ...iceprog, args: ['-S', 'FILE'], target: 'sram', same: configuration, inChromium: true },
  {
    ...openFpgaLoader,
    args: ['-b', 'ice40_generic', '-f', '--verify', 'FILE'],
    board: 'icebreaker',
    target: 'flash',
    same: configuration,
    inChromium: false,
  },
  {
    ...openFpgaLoader,
    args: ['-b', 'ice40_generic', '-m', 'FILE'],
    board: 'icebreaker',
    target: 'sram',
    same: configuration,
    inChromium: true,
  },
  {
    tool: 'dfu-util',
    args: ['-d', '1209:5bf0', '-D', 'FILE'],
    board: 'fomu',
    target: 'flash',
    // It asks for a status after the end, and the bootloader has gone, as on the real board.
    exit: 74,
    same: blocks,
    inChromium: true,
  },
  {
    ...openFpgaLoader,
    args: ['-b', 'fomu', 'FILE'],
    board: 'fomu',
    target: 'flash',
    same: blocks,
    inChromium: false,
  },
  {
    ...openFpgaLoader,
    args: ['-b', 'ecp5_evn', 'FILE'],
    board: 'ecp5-evn',
    target: 'sram',
    same: configuration,
    inChromium: false,
  },
  {
    ...openFpgaLoader,
    args: ['-b', 'ulx3s', 'FILE'],
    board: 'ulx3s',
    target: 'sram',
    same: configuration,
    inChromium: false,
  },
  ...(['ecp5-evn', 'ulx3s'] as const).map((board) => ({
    ...openFpgaLoader,
    args: ['-b', board.replace('-', '_'), '-f', 'FILE'],
    board,
    target: 'flash' as const,
    same: 'the design in the flash equals ours',
    inChromium: false,
  })),
];

export const withFile = (args: readonly string[], file: string) =>
  args.map((each) => (each === 'FILE' ? file : each));

const titles = {
  icebreaker: 'simulated iCEBreaker',
  fomu: 'simulated Fomu',
  'ecp5-evn': 'simulated ECP5 evaluation board',
  ulx3s: 'simulated ULX3S',
} as const;
const tools = ['iceprog', 'openFPGALoader', 'dfu-util'] as const;
/** Boards that a tool cannot program by what it is. */
const impossible: Readonly<Record<(typeof tools)[number], readonly string[]>> = {
  iceprog: ['fomu', 'ecp5-evn', 'ulx3s'],
  openFPGALoader: [],
  'dfu-util': ['icebreaker', 'ecp5-evn', 'ulx3s'],
};

const isEcp5 = (board: Pair['board']) => board === 'ecp5-evn' || board === 'ulx3s';

/** The table of docs/boards.md, as Markdown without alignment. */
export function pairsTable(): string {
  const head = ['tool', 'command', 'board', 'target', 'result', 'through the tunnel', 'on silicon'];
  const rows = pairs.map(({ tool, args, board, target, same, inChromium }) => [
    tool,
    `\`${[tool, ...args].join(' ').replace('FILE', isEcp5(board) ? 'top.bit' : 'top.bin')}\``,
    titles[board],
    target,
    `programs it; ${same}`,
    inChromium
      ? 'programs it, also from the IDE in Chromium, without a container and in one'
      : 'programs it',
    'not tried',
  ]);
  const none = tools.flatMap((tool) =>
    impossible[tool].map((board) => [
      tool,
      '',
      titles[board as keyof typeof titles],
      '',
      'not a board of this tool',
      '',
      '',
    ]),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...[...rows, ...none].map(line)].join('\n');
}
