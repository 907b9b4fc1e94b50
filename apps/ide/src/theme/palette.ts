/** The two palettes. Every colour of the workbench, of our own views and of the code comes from here. */
export interface Palette {
  kind: 'dark' | 'light';
  /** Where code is. */
  ground: string;
  /** Side bar and panel. */
  side: string;
  /** Title, activity and status bar, and inactive tabs. */
  chrome: string;
  /** Menus, hovers, dialogs: above everything. */
  raised: string;
  field: string;
  line: string;
  text: string;
  muted: string;
  /** The glow: active marks, links, focus. */
  accent: string;
  /** Button ground, with `onAccent` as its text. */
  accentGround: string;
  accentHover: string;
  onAccent: string;
  /** Ground of the selected row, and of selected text. */
  selected: string;
  selection: string;
  hover: string;
  match: string;
  red: string;
  green: string;
  yellow: string;
  blue: string;
  magenta: string;
  cyan: string;
  comment: string;
  keyword: string;
  number: string;
  string: string;
  name: string;
  type: string;
  variable: string;
}

export const ember: Palette = {
  kind: 'dark',
  ground: '#1e1d1b',
  side: '#191816',
  chrome: '#131211',
  raised: '#262421',
  field: '#2a2724',
  line: '#37322c',
  text: '#e6dfd6',
  muted: '#aea498',
  accent: '#ff9233',
  accentGround: '#b85400',
  accentHover: '#cb5f05',
  onAccent: '#ffffff',
  selected: '#42301e',
  selection: '#5c3d1e',
  hover: '#2b2722',
  match: '#8a4d0a',
  red: '#ff7b6b',
  green: '#9ccc65',
  yellow: '#f2c14e',
  blue: '#7fb8e6',
  magenta: '#d99bd0',
  cyan: '#7cc7bd',
  comment: '#9c9286',
  keyword: '#ff9f4a',
  number: '#f2c778',
  string: '#c3cf8a',
  name: '#ffd7a3',
  type: '#8ccfc4',
  variable: '#e6dfd6',
};

export const daylight: Palette = {
  kind: 'light',
  ground: '#fffdf9',
  side: '#f6f2eb',
  chrome: '#ece6db',
  raised: '#fffdf9',
  field: '#ffffff',
  line: '#d6cdbf',
  text: '#2a251f',
  muted: '#655c51',
  accent: '#a84700',
  accentGround: '#b24c00',
  accentHover: '#963f00',
  onAccent: '#ffffff',
  selected: '#f7dfc4',
  selection: '#f9d3a8',
  hover: '#efe8dc',
  match: '#ffc27a',
  red: '#b3261e',
  green: '#3f6b12',
  yellow: '#7d5700',
  blue: '#1c5d94',
  magenta: '#8b3480',
  cyan: '#0f6b63',
  comment: '#6d6458',
  keyword: '#a84700',
  number: '#7d5700',
  string: '#3f6b12',
  name: '#7a3b10',
  type: '#0f6b63',
  variable: '#2a251f',
};

/** `#rrggbb` with an opacity of 0 to 1, as `#rrggbbaa`. */
export function fade(colour: string, opacity: number): string {
  return `${colour}${Math.round(opacity * 255)
    .toString(16)
    .padStart(2, '0')}`;
}

/** WCAG 2.2 contrast ratio of two opaque `#rrggbb` colours: 1 to 21. */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** WCAG 2.2 relative luminance. */
function luminance(colour: string): number {
  const channel = (from: number) => {
    const value = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}
