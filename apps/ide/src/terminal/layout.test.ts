import { describe, expect, it } from 'vitest';
import { parseLayout, restoredLayout } from './layout.ts';

describe('restoredLayout', () => {
  it('gives every live terminal a tab when nothing was saved', () => {
    expect(restoredLayout(null, ['a', 'b'])).toEqual({
      tabs: [
        { terminals: ['a'], active: 'a' },
        { terminals: ['b'], active: 'b' },
      ],
    });
  });
  it('keeps splits, drops the dead and adds the unknown', () => {
    const saved = {
      tabs: [
        { terminals: ['a', 'gone', 'b'], active: 'gone' },
        { terminals: ['gone2'], active: null },
      ],
    };
    expect(restoredLayout(saved, ['b', 'a', 'new'])).toEqual({
      tabs: [
        { terminals: ['a', 'b'], active: null },
        { terminals: ['new'], active: 'new' },
      ],
    });
  });
  it('never shows one terminal twice', () => {
    const saved = {
      tabs: [
        { terminals: ['a'], active: 'a' },
        { terminals: ['a'], active: 'a' },
      ],
    };
    expect(restoredLayout(saved, ['a']).tabs).toHaveLength(1);
  });
});

it('reads back only layouts', () => {
  const layout = { tabs: [{ terminals: ['a'], active: null }] };
  expect(parseLayout(JSON.stringify(layout))).toEqual(layout);
  for (const text of [null, '', '{', '{}', '{"tabs":[{}]}', '{"tabs":[{"terminals":[1]}]}'])
    expect(parseLayout(text)).toBeNull();
});
