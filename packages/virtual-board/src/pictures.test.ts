import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readPcf } from './compile/pcf.ts';
import { pictureOf } from './pictures.ts';

test.each(['icebreaker', 'icestick', 'ice40-hx8k', 'upduino3'])(
  '%s: everything is on the board, once',
  (id) => {
    const board = pictureOf(id)!;
    const { lights, buttons, widthMm, heightMm, uart, clock } = board;
    for (const { x, y } of [...lights, ...buttons]) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(widthMm);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(heightMm);
    }
    const pins = [...lights, ...buttons].map(({ pin }) => pin);
    if (uart) pins.push(uart.rx, uart.tx);
    pins.push(clock.pin);
    expect(new Set(pins).size).toBe(pins.length);
    expect(new Set(lights.map((light) => light.id)).size).toBe(lights.length);
  },
);

test('an iCEBreaker’s pins are those of the template’s constraints', () => {
  const text = readFileSync(
    new URL('../../../templates/icebreaker-blinky/files/icebreaker.pcf', import.meta.url),
    'utf8',
  );
  const pins = readPcf(text);
  const { lights, buttons, uart, clock } = pictureOf('icebreaker')!;
  const pinOf = (name: string) => pins.get(name)?.pin;
  for (const number of [1, 2, 3, 4, 5])
    expect(lights.find(({ id }) => id === `LED${number}`)?.pin).toBe(pinOf(`LED${number}`));
  for (const number of [1, 2, 3])
    expect(buttons.find(({ id }) => id === `BTN${number}`)?.pin).toBe(pinOf(`BTN${number}`));
  expect(lights.find(({ id }) => id === 'LEDR')?.pin).toBe(pinOf('LEDR_N'));
  expect(lights.find(({ id }) => id === 'RGB B')?.pin).toBe(pinOf('LED_BLU_N'));
  expect([uart?.rx, uart?.tx, clock.pin]).toEqual([pinOf('RX'), pinOf('TX'), pinOf('CLK')]);
});
