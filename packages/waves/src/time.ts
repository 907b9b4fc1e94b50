/** Times of a recording in words. */

/** A tick is `value` × 10^`exponent` seconds. */
export interface Timescale {
  value: number;
  exponent: number;
}

const units: [number, string][] = [
  [0, 's'],
  [-3, 'ms'],
  [-6, 'µs'],
  [-9, 'ns'],
  [-12, 'ps'],
  [-15, 'fs'],
];
const exponents: Record<string, number> = { s: 0, ms: -3, us: -6, ns: -9, ps: -12, fs: -15 };

/** `1ns`, `10 ps`, `1 us`, as IEEE 1364-2005 §18.2.3.8 has them; null when it is no timescale. */
export function parseTimescale(text: string): Timescale | null {
  const [, value = '', unit = ''] = /^\s*(\d+)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const exponent = exponents[unit.toLowerCase()];
  if (exponent === undefined || Number(value) <= 0) return null;
  return { value: Number(value), exponent };
}

/** `41.667 ns`: in the unit that leaves one to three digits before the point. */
export function timeText(ticks: number, { value, exponent }: Timescale): string {
  if (ticks === 0) return '0 s';
  const scaled = Math.abs(ticks) * value;
  const magnitude = Math.floor(Math.log10(scaled) + 1e-9) + exponent;
  const [power, unit] = units.find(([lowest]) => magnitude >= lowest) ?? [-15, 'fs'];
  // 12 digits: what a double carries without showing how it was computed.
  const shown = Number((scaled * 10 ** (exponent - power)).toPrecision(12));
  return `${ticks < 0 ? '−' : ''}${shown} ${unit}`;
}

/** The smallest of 1, 2, 5, 10, … ticks that is at least `ticksMin`: between lines of a grid. */
export function gridStep(ticksMin: number): number {
  if (ticksMin <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(ticksMin));
  return ([1, 2, 5, 10].find((factor) => factor * power >= ticksMin) ?? 10) * power;
}
