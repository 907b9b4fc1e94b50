import { expect, it } from 'vitest';
import { browserOf, systemOf, withoutUsb } from './platform.ts';

const agents = {
  firefox: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  safari:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
  edge: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
  android:
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
};

it('knows systems and browsers', () => {
  expect(Object.values(agents).map((agent) => systemOf(agent))).toEqual([
    'linux',
    'macos',
    'windows',
    'android',
  ]);
  expect(Object.values(agents).map(browserOf)).toEqual([
    'firefox',
    'safari',
    'chromium',
    'chromium',
  ]);
});

it('tells Firefox what works there, and Chromium where USB is offered', () => {
  expect(withoutUsb('firefox').works).toMatch(/^Firefox cannot.*simulated board/);
  expect(withoutUsb('firefox').instead.join()).not.toContain('localhost');
  expect(withoutUsb('chromium').instead.join()).toContain('localhost');
});
