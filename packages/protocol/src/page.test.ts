import { expect, it } from 'vitest';
import { inlineScriptHash } from './page.ts';

it('reads the hash of the script in the page, and nothing that is none', () => {
  const hash = `sha256-${'A'.repeat(43)}=`;
  expect(inlineScriptHash(`<head><meta name="joh-inline" content="${hash}">`)).toBe(`'${hash}'`);
  expect(inlineScriptHash('<head></head>')).toBe('');
  expect(inlineScriptHash('<meta name="joh-inline" content="unsafe-inline">')).toBe('');
});
