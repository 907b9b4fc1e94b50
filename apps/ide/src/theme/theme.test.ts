import { describe, expect, it } from 'vitest';
import { workbenchColours } from './colours.ts';
import { contrast, daylight, ember } from './palette.ts';
import { themeFile, tokenColours } from './theme.ts';

describe.each([
  ['ember', ember],
  ['daylight', daylight],
])('%s', (_, palette) => {
  const colours = workbenchColours(palette);

  it('has text of at least 4.5:1 on every ground (WCAG 2.2 §1.4.3)', () => {
    const grounds = [palette.ground, palette.side, palette.chrome, palette.raised, palette.field];
    const poor = [];
    for (const ground of [...grounds, palette.hover, palette.selected])
      for (const name of ['text', 'muted', 'accent'] as const) {
        if (name === 'muted' && ground === palette.selected) continue;
        const ratio = contrast(palette[name], ground);
        if (ratio < 4.5) poor.push(`${name} on ${ground}: ${ratio.toFixed(2)}`);
      }
    expect(poor).toEqual([]);
  });

  it('has code and line numbers of at least 4.5:1, also in the line of the cursor', () => {
    const highlight = colours['editor.lineHighlightBackground'] as string;
    const grounds = [palette.ground, laidOver(palette.ground, highlight)];
    const code = tokenColours(palette).map(({ settings }) => settings.foreground);
    const poor = [...code, colours['editorLineNumber.foreground'] as string].filter((text) =>
      grounds.some((ground) => contrast(text, ground) < 4.5),
    );
    expect(poor).toEqual([]);
  });

  it('has terminal colours of at least 4.5:1 but for black', () => {
    const poor = Object.entries(colours)
      .filter(([id]) => /^terminal\.ansi/.test(id) && id !== 'terminal.ansiBlack')
      .filter(([, colour]) => contrast(colour, palette.side) < 4.5);
    expect(poor).toEqual([]);
  });

  it('has readable buttons, badges, warnings and errors', () => {
    for (const id of [
      'button',
      'badge',
      'statusBarItem.warning',
      'statusBarItem.error',
      'banner',
    ]) {
      const [ground, text] = id.startsWith('statusBarItem.')
        ? [colours[`${id}Background`], colours[`${id}Foreground`]]
        : [colours[`${id}.background`], colours[`${id}.foreground`]];
      expect(contrast(ground as string, text as string), id).toBeGreaterThanOrEqual(4.5);
    }
    expect(contrast(palette.accentHover, palette.onAccent)).toBeGreaterThanOrEqual(4);
  });

  it('writes only colours that VS Code reads', () => {
    for (const [id, colour] of Object.entries(themeFile('x', palette).colors))
      expect(colour, id).toMatch(/^#[0-9a-f]{6}([0-9a-f]{2})?$/);
  });
});

/** What is seen where `#rrggbbaa` lies on an opaque ground. */
function laidOver(ground: string, colour: string): string {
  const byte = (text: string, at: number) => Number.parseInt(text.slice(at, at + 2), 16);
  const opacity = byte(colour, 7) / 255;
  const mixed = [1, 3, 5].map(
    (at) => byte(colour, at) * opacity + byte(ground, at) * (1 - opacity),
  );
  return `#${mixed.map((one) => Math.round(one).toString(16).padStart(2, '0')).join('')}`;
}

it('measures contrast as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
});

it('colours both themes alike', () => {
  expect(Object.keys(workbenchColours(ember))).toEqual(Object.keys(workbenchColours(daylight)));
});
