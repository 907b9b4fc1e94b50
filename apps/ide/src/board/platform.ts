/** Which system and which browser this is, as far as boards care; pure. */

import type { System } from '@joh/boards';

export type Browser = 'chromium' | 'firefox' | 'safari' | 'other';

/** From `navigator.userAgent`; `platform` is `navigator.userAgentData.platform` where there is one. */
export function systemOf(userAgent: string, platform = ''): System {
  const text = `${platform} ${userAgent}`;
  if (/Android/i.test(text)) return 'android';
  if (/CrOS|Chrome ?OS/i.test(text)) return 'chromeos';
  if (/Windows/i.test(text)) return 'windows';
  if (/iPhone|iPad/i.test(text)) return 'other';
  if (/Mac ?OS|Macintosh/i.test(text)) return 'macos';
  if (/Linux|X11/i.test(text)) return 'linux';
  return 'other';
}

export function browserOf(userAgent: string): Browser {
  if (/Firefox\//.test(userAgent)) return 'firefox';
  if (/Chrom(e|ium)\//.test(userAgent)) return 'chromium';
  if (/Safari\//.test(userAgent)) return 'safari';
  return 'other';
}

const names: Readonly<Record<Browser, string>> = {
  firefox: 'Firefox',
  safari: 'Safari',
  chromium: 'This browser',
  other: 'This browser',
};

/** For a browser without WebUSB: what works here, and how a real board is programmed all the same. */
export function withoutUsb(browser: Browser): { works: string; instead: readonly string[] } {
  return {
    works: `${names[browser]} cannot reach USB devices. Everything else works here: building, terminals, and the simulated board.`,
    instead: [
      'Open this address in Chrome, Edge or Opera on the computer that has the board.',
      'Or run joh program on that computer: it programs from the command line.',
      ...(browser === 'chromium'
        ? ['Browsers offer USB on https and on localhost only: look at the address.']
        : []),
    ],
  };
}
