import { expect, it } from 'vitest';
import { createAttention, isElsewhereKey } from './attention.ts';

it('lets a terminal have the keyboard until the user turns to something else', () => {
  const attention = createAttention();
  expect(attention.allowsTerminal()).toBe(true);
  attention.elsewhere();
  expect(attention.allowsTerminal()).toBe(false);
  // Asked for by a command, while it opens the user goes on in the editor.
  attention.towardsTerminal();
  expect(attention.allowsTerminal()).toBe(true);
  attention.elsewhere();
  expect(attention.allowsTerminal()).toBe(false);
});

it('takes what is typed for attention, and no shortcut', () => {
  const key = (name: string, more = {}) => ({
    ...{ key: name, ctrlKey: false, metaKey: false, altKey: false },
    ...more,
  });
  expect(['a', 'Enter', 'ArrowDown', 'Backspace'].map((one) => isElsewhereKey(key(one)))).toEqual([
    ...[true, true, true, true],
  ]);
  expect(['Shift', 'Control', 'Escape', 'F1'].map((one) => isElsewhereKey(key(one)))).toEqual([
    ...[false, false, false, false],
  ]);
  expect(isElsewhereKey(key('`', { ctrlKey: true }))).toBe(false);
});
