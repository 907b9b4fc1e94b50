import { expect, it } from 'vitest';
import { awayNotice } from './away.ts';

const at = { tookMs: 60_000, isAway: true, permission: 'granted', answer: 'yes' } as const;

it('tells of a long build who is elsewhere and wants to hear of it', () => {
  expect(awayNotice(at)).toBe('notify');
  expect(awayNotice({ ...at, isAway: false })).toBe('none');
  expect(awayNotice({ ...at, tookMs: 3_000 })).toBe('none');
});

it('asks once, and never who said no or whose browser does', () => {
  expect(awayNotice({ ...at, permission: 'default', answer: null })).toBe('ask');
  expect(awayNotice({ ...at, answer: null })).toBe('ask');
  expect(awayNotice({ ...at, permission: 'default', answer: 'no' })).toBe('none');
  expect(awayNotice({ ...at, permission: 'denied' })).toBe('none');
  expect(awayNotice({ ...at, permission: null })).toBe('none');
});
