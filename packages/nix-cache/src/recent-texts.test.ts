import { expect, it } from 'vitest';
import { createRecentTexts } from './recent-texts.ts';

it('keeps what is asked for, and forgets the rest when there is much', () => {
  const recent = createRecentTexts(1000);
  recent.set('ada', 'wanted', 'w'.repeat(100));
  for (let count = 0; count < 100; count += 1) {
    recent.set('ada', `other-${count}`, 'o'.repeat(100));
    expect(recent.get('ada', 'wanted')).toBe('w'.repeat(100));
  }
  const kept = Array.from({ length: 100 }, (_, at) => recent.get('ada', `other-${at}`));
  expect(kept.filter(Boolean).length).toBeLessThan(10);
});

it('tells namespaces apart, and forgets what is deleted or replaced', () => {
  const recent = createRecentTexts(1000);
  recent.set('ada', 'x', 'one');
  expect(recent.get('bob', 'x')).toBeUndefined();
  recent.set('ada', 'x', 'two');
  expect(recent.get('ada', 'x')).toBe('two');
  recent.delete('ada', 'x');
  expect(recent.get('ada', 'x')).toBeUndefined();
});
