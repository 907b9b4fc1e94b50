import { expect, it } from 'vitest';
import { when, whereIn } from './recent.ts';

it('says where a folder is, from the home on', () => {
  expect(whereIn('/home/ada/blinky', '/home/ada')).toBe('~');
  expect(whereIn('/home/ada/work/blinky', '/home/ada')).toBe('~/work');
  expect(whereIn('/home/adam/blinky', '/home/ada')).toBe('/home/adam');
  expect(whereIn('/blinky', '/home/ada')).toBe('/');
});

it('says when by days, not by hours', () => {
  const now = new Date(2030, 4, 20, 0, 30);
  expect(when(new Date(2030, 4, 20, 0, 10).toISOString(), now)).toBe('today');
  expect(when(new Date(2030, 4, 19, 23, 50).toISOString(), now)).toBe('yesterday');
  expect(when(new Date(2030, 4, 14).toISOString(), now)).toBe('6 days ago');
  expect(when(new Date(2029, 0, 2).toISOString(), now)).toContain('2029');
});
