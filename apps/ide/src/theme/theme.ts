/** The two themes as VS Code reads them. */
import { workbenchColours } from './colours.ts';
import { daylight, ember, type Palette } from './palette.ts';

export const emberLabel = 'Joy of Hardware Ember';
const daylightLabel = 'Joy of Hardware Daylight';

/** `file` is the path within the extension that carries them. */
export const themes = [
  { label: emberLabel, uiTheme: 'vs-dark', file: 'ember.json', palette: ember },
  { label: daylightLabel, uiTheme: 'vs', file: 'daylight.json', palette: daylight },
] as const;

interface TokenColour {
  scope: string[];
  settings: { foreground: string; fontStyle?: string };
}

/** The file's content: https://code.visualstudio.com/api/extension-guides/color-theme */
export function themeFile(label: string, palette: Palette) {
  return {
    name: label,
    type: palette.kind,
    semanticHighlighting: true,
    colors: workbenchColours(palette),
    tokenColors: tokenColours(palette),
    semanticTokenColors: {
      module: palette.type,
      port: palette.variable,
      parameter: palette.number,
    },
  };
}

/** TextMate scopes of the grammars we ship, most general first. */
export function tokenColours(p: Palette): TokenColour[] {
  const rule = (foreground: string, scope: string[], fontStyle?: string): TokenColour => ({
    scope,
    settings: { foreground, ...(fontStyle ? { fontStyle } : {}) },
  });
  return [
    rule(p.comment, ['comment', 'punctuation.definition.comment'], 'italic'),
    rule(p.keyword, ['keyword', 'storage', 'storage.type', 'storage.modifier', 'keyword.control']),
    rule(p.text, ['keyword.operator', 'punctuation', 'meta.brace']),
    rule(p.number, [
      'constant.numeric',
      'constant.language',
      'constant.character',
      'constant.other',
    ]),
    rule(p.string, ['string', 'punctuation.definition.string', 'constant.other.symbol']),
    rule(p.name, ['entity.name.function', 'support.function', 'entity.name.section']),
    rule(p.type, [
      'entity.name.type',
      'entity.name.class',
      'support.type',
      'support.class',
      'entity.name.type.module',
      'entity.name.namespace',
    ]),
    rule(p.variable, ['variable', 'variable.other', 'meta.definition.variable']),
    rule(p.cyan, ['variable.parameter', 'entity.other.attribute-name', 'variable.other.constant']),
    rule(p.magenta, [
      'keyword.other.directive',
      'meta.preprocessor',
      'entity.name.function.preprocessor',
      'keyword.preprocessor',
      'string.unquoted.preprocessor',
      'support.function.preprocessor',
    ]),
    rule(p.red, ['invalid', 'markup.deleted']),
    rule(p.green, ['markup.inserted']),
    rule(p.accent, ['markup.heading', 'entity.name.tag'], 'bold'),
    rule(p.blue, ['markup.underline.link', 'string.other.link']),
    rule(p.text, ['markup.bold'], 'bold'),
    rule(p.text, ['markup.italic'], 'italic'),
    rule(p.string, ['markup.inline.raw', 'markup.raw']),
    rule(p.type, ['support.type.property-name.json', 'support.type.property-name']),
  ];
}
