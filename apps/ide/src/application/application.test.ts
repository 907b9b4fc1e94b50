import { describe, expect, it } from 'vitest';
import { noUpdate } from './updates.ts';
import { zoomFactor, zoomLevel } from './zoom.ts';

describe('the zoom', () => {
  it('is a fifth more for each level, within what a window takes', () => {
    expect([-5, -1, 0, 1, 8].map(zoomFactor)).toEqual([0.402, 0.833, 1, 1.2, 4.3]);
  });

  it('is as made where the setting is none', () => {
    expect([undefined, 'x', Number.NaN, 1.5, 99, -99].map(zoomLevel)).toEqual([
      0, 0, 0, 1.5, 8, -5,
    ]);
  });
});

describe('who asks for a newer version', () => {
  it('is told when nobody can be asked', () => {
    const state = { current: '0.1.0', version: null, publishedAt: null };
    expect(noUpdate({ ...state, state: 'newest' })).toBe('Version 0.1.0 is the newest.');
    expect(noUpdate({ ...state, state: 'off' })).toContain('no address to ask');
  });
});
