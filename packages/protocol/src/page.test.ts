import { expect, it } from 'vitest';
import { idePolicy } from './page.ts';

it('allows the script in the page by its hash, and nothing that is none', () => {
  const scripts = (page?: string) =>
    idePolicy('ws://127.0.0.1:1', page)
      .split('; ')
      .find((each) => each.startsWith('script-src'));
  const hash = `sha256-${'A'.repeat(43)}=`;
  const own = "script-src 'self' 'wasm-unsafe-eval'";
  expect(scripts(`<head><meta name="joh-inline" content="${hash}">`)).toBe(`${own} '${hash}'`);
  expect(scripts('<head></head>')).toBe(own);
  expect(scripts('<meta name="joh-inline" content="unsafe-inline">')).toBe(own);
  expect(scripts()).toBe(own);
});
