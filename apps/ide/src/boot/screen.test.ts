import { expect, it } from 'vitest';
import { progressText } from './screen.ts';

it('says what is waited for', () => {
  expect(progressText('queued', 1)).toBe('You are next in the queue');
  expect(progressText('queued', 4)).toBe('Place 4 in the queue');
  expect(progressText('queued', null)).toBe('Waiting for a container');
  expect(progressText('preparing', null)).toBe('Preparing your project');
});
