import { describe, expect, it } from 'vitest';
import { moveRoot } from './moved-project.ts';

describe('what is remembered of a project that moved', () => {
  it('names the same files below the new root, however they are written', () => {
    const value = JSON.stringify({
      a: 'file:///old/c1/work/blinky/src/top.v',
      b: '/old/c1/work/blinky',
    });
    expect(moveRoot(value, '/old/c1/work/blinky', '/new/$&/blinky')).toBe(
      JSON.stringify({ a: 'file:///new/$&/blinky/src/top.v', b: '/new/$&/blinky' }),
    );
  });
  it('leaves a neighbour with a longer name', () => {
    expect(moveRoot('/w/blinky-2/a /w/blinky2', '/w/blinky', '/x')).toBe(
      '/w/blinky-2/a /w/blinky2',
    );
  });
});
