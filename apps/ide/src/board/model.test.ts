import { boardById } from '@joh/boards';
import type { BitstreamInformation } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import { type Choice, choicesOf, chosenOf, fitOf, size } from './model.ts';

const icebreaker = boardById('icebreaker');
const bitstream = (part: Partial<BitstreamInformation>): BitstreamInformation => ({
  path: '/work/build/top.bin',
  format: 'ice40',
  family: 'ice40',
  device: 'up5k',
  package: null,
  sizeBytes: 104_090,
  comment: null,
  crc: 'valid',
  ...part,
});

describe('fitOf', () => {
  it('accepts the same device', () => {
    expect(fitOf(bitstream({}), icebreaker).fits).toBe(true);
  });
  it('names both devices when they differ', () => {
    const fit = fitOf(bitstream({ device: 'hx8k' }), icebreaker);
    expect(fit.fits).toBe(false);
    expect(fit.text).toContain('HX8K');
    expect(fit.text).toContain('UP5K');
  });
  it('refuses another family and a damaged file', () => {
    expect(fitOf(bitstream({ family: 'ecp5', device: '25f' }), icebreaker).fits).toBe(false);
    expect(fitOf(bitstream({ crc: 'invalid' }), icebreaker).fits).toBe(false);
  });
});

it('chooses unasked only what is known or alone', () => {
  const choice = (id: string): Choice => ({ id, title: id, board: icebreaker, simulated: false });
  expect(chosenOf([choice('a'), choice('b')], null)).toBeNull();
  expect(chosenOf([choice('a'), choice('b')], 'b')?.id).toBe('b');
  expect(chosenOf([choice('a')], 'gone')?.id).toBe('a');
  expect(chosenOf([], 'a')).toBeNull();
});

it('offers a device once for each board that it may be, told apart by serial numbers', () => {
  const device = (id: string, serial: string | null, boards: (typeof icebreaker)[]) => ({
    id,
    serial,
    boards,
    isSimulated: false,
    title: 'x',
  });
  const two = [icebreaker, boardById('ice40-hx8k')];
  const choices = choicesOf([
    device('a', 'S1', [icebreaker]),
    device('b', null, two),
    device('c', 'S3', []),
  ]);
  expect(choices.map(({ id, title }) => [id, title])).toEqual([
    ['a/icebreaker', 'iCEBreaker (S1)'],
    ['b/icebreaker', 'iCEBreaker'],
    ['b/ice40-hx8k', 'iCE40-HX8K breakout board'],
  ]);
});

it('writes sizes', () => {
  expect([size(104_090), size(1_258_291)]).toEqual(['102 KB', '1.2 MB']);
});
