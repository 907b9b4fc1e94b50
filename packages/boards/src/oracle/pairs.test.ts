import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pairsTable } from './pairs.ts';

test('docs/boards.md has the table of what the tests run', () => {
  const docs = readFileSync(new URL('../../../../docs/boards.md', import.meta.url), 'utf8');
  const found = /<!-- pairs -->\n\n([\s\S]*?)\n\n<!-- \/pairs -->/.exec(docs)?.[1];
  expect(found).toBe(pairsTable());
});
