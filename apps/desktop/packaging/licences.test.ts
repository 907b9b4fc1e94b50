import { expect, test } from 'vitest';
import { licenceTexts, unknownLicences } from './licences.ts';

test('a licence that nobody has looked at is named, also as one of several', () => {
  const parts = ['MIT/Apache-2.0', '(MIT OR Apache-2.0) AND Unicode-3.0', 'MIT OR AGPL-3.0', ''];
  const named = parts.map((licence, at) => ({ name: `part${at}`, version: '1.0.0', licence }));
  expect(unknownLicences(named)).toEqual([
    'part2 1.0.0: MIT OR AGPL-3.0',
    'part3 1.0.0: says nothing',
  ]);
});

test('a part without a licence file gets the standard texts, and its author’s name', () => {
  const [mit, apache] = licenceTexts('/nowhere', 'MIT OR Apache-2.0', 'Ada');
  expect(mit).toMatch(/^By Ada\.\n\nMIT License/);
  expect(apache).toContain('Apache License');
  expect(licenceTexts(`${import.meta.dirname}/../../..`, 'ISC')[0]).toContain('MIT License');
});
