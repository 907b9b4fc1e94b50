/**
 * The boards that can be shown. Each row says where its pins come from; none has been held against a board.
 * Where things are on a picture is by eye.
 */
import type { BoardPicture, Light } from './picture.ts';

const row = (
  lights: readonly (readonly [id: string, pin: string])[],
  at: { x: number; y: number; stepX?: number; stepY?: number },
  rest: Pick<Light, 'colour' | 'activeLow'>,
): Light[] =>
  lights.map(([id, pin], index) => ({
    id,
    pin,
    x: at.x + index * (at.stepX ?? 0),
    y: at.y + index * (at.stepY ?? 0),
    ...rest,
  }));

const high = { activeLow: false } as const;
const low = { activeLow: true } as const;

const pictures: readonly BoardPicture[] = [
  {
    // Its template's constraints (a test compares).
    board: 'icebreaker',
    widthMm: 76,
    heightMm: 38,
    mask: 'black',
    clock: { pin: '35', hz: 12_000_000 },
    lights: [
      { id: 'LEDR', pin: '11', x: 10, y: 31, colour: 'red', ...low },
      { id: 'LEDG', pin: '37', x: 17, y: 31, colour: 'green', ...low },
      { id: 'RGB R', pin: '39', x: 26, y: 31, colour: 'red', ...low },
      { id: 'RGB G', pin: '40', x: 33, y: 31, colour: 'green', ...low },
      { id: 'RGB B', pin: '41', x: 40, y: 31, colour: 'blue', ...low },
      // The section that can be snapped off.
      { id: 'LED1', pin: '26', x: 62, y: 17, colour: 'red', ...high },
      { id: 'LED2', pin: '27', x: 55, y: 17, colour: 'green', ...high },
      { id: 'LED3', pin: '25', x: 69, y: 17, colour: 'green', ...high },
      { id: 'LED4', pin: '23', x: 62, y: 10, colour: 'green', ...high },
      { id: 'LED5', pin: '21', x: 62, y: 24, colour: 'green', ...high },
    ],
    buttons: [
      { id: 'BTN', pin: '10', x: 9, y: 22, ...low },
      { id: 'BTN1', pin: '20', x: 55, y: 31, ...high },
      { id: 'BTN2', pin: '19', x: 62, y: 31, ...high },
      { id: 'BTN3', pin: '18', x: 69, y: 31, ...high },
    ],
    uart: { rx: '6', tx: '9' },
    parts: [
      { title: 'USB', x: 0, y: 6, widthMm: 7, heightMm: 8, kind: 'connector' },
      { title: 'FT2232H', x: 12, y: 5, widthMm: 10, heightMm: 10, kind: 'chip' },
      { title: 'iCE40UP5K', x: 30, y: 9, widthMm: 11, heightMm: 11, kind: 'chip' },
    ],
  },
  {
    // icestorm, examples/icestick/icestick.pcf; amaranth-boards, icestick.py: the same.
    board: 'icestick',
    widthMm: 94,
    heightMm: 25,
    mask: 'green',
    clock: { pin: '21', hz: 12_000_000 },
    lights: [
      { id: 'D1', pin: '99', x: 78, y: 12.5, colour: 'red', ...high },
      { id: 'D2', pin: '98', x: 72, y: 7, colour: 'red', ...high },
      { id: 'D3', pin: '97', x: 66, y: 12.5, colour: 'red', ...high },
      { id: 'D4', pin: '96', x: 72, y: 18, colour: 'red', ...high },
      { id: 'D5', pin: '95', x: 72, y: 12.5, colour: 'green', ...high },
    ],
    buttons: [],
    uart: { rx: '9', tx: '8' },
    parts: [
      { title: 'USB', x: -8, y: 6.5, widthMm: 12, heightMm: 12, kind: 'connector' },
      { title: 'FT2232H', x: 14, y: 7, widthMm: 11, heightMm: 11, kind: 'chip' },
      { title: 'iCE40HX1K', x: 40, y: 4, widthMm: 16, heightMm: 16, kind: 'chip' },
    ],
  },
  {
    // icestorm, examples/hx8kboard/hx8kboard.pcf; amaranth-boards, ice40_hx8k_b_evn.py (serial port).
    board: 'ice40-hx8k',
    widthMm: 80,
    heightMm: 60,
    mask: 'green',
    clock: { pin: 'J3', hz: 12_000_000 },
    lights: row(
      [
        ['D9', 'B5'],
        ['D8', 'B4'],
        ['D7', 'A2'],
        ['D6', 'A1'],
        ['D5', 'C5'],
        ['D4', 'C4'],
        ['D3', 'B3'],
        ['D2', 'C3'],
      ],
      { x: 70, y: 9, stepY: 6 },
      { colour: 'red', ...high },
    ),
    buttons: [],
    uart: { rx: 'B10', tx: 'B12' },
    parts: [
      { title: 'USB', x: 0, y: 24, widthMm: 8, heightMm: 9, kind: 'connector' },
      { title: 'FT2232H', x: 14, y: 23, widthMm: 11, heightMm: 11, kind: 'chip' },
      { title: 'iCE40HX8K', x: 38, y: 21, widthMm: 16, heightMm: 16, kind: 'chip' },
    ],
  },
  {
    // The vendor's RTL/common/upduino.pcf; amaranth-boards, upduino_v3.py: the same.
    board: 'upduino3',
    widthMm: 56,
    heightMm: 22,
    mask: 'black',
    // With the jumper that joins the 12 MHz oscillator to pin 20 (R16, "OSC").
    clock: { pin: '20', hz: 12_000_000 },
    lights: row(
      [
        ['R', '41'],
        ['G', '39'],
        ['B', '40'],
      ],
      { x: 46, y: 6, stepY: 5 },
      { colour: 'red', ...low },
    ).map((light, index) => ({
      ...light,
      colour: (['red', 'green', 'blue'] as const)[index] ?? 'red',
    })),
    buttons: [],
    // The pins are shared with the flash.
    uart: { rx: '15', tx: '14' },
    parts: [
      { title: 'USB', x: 0, y: 7, widthMm: 6, heightMm: 8, kind: 'connector' },
      { title: 'FT232H', x: 11, y: 7, widthMm: 8, heightMm: 8, kind: 'chip' },
      { title: 'iCE40UP5K', x: 27, y: 6, widthMm: 10, heightMm: 10, kind: 'chip' },
    ],
  },
];

/** Null: the board has no picture yet. */
export function pictureOf(board: string): BoardPicture | null {
  return pictures.find((picture) => picture.board === board) ?? null;
}
