/** Licences of others: which this project has looked at, and their texts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import standardTexts from 'spdx-license-list/full.js';

/**
 * By their SPDX names. All allow the package as it is, with their texts in it; what was changed of a part
 * under MPL or LGPL has to be given away as source, and nothing is changed.
 */
const known = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'LGPL-2.1+',
  'LLVM-exception',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
]);

/** Each part that says nothing, or names a licence that is not among them. */
export function unknownLicences(
  parts: readonly { name: string; version: string; licence: string }[],
): string[] {
  return parts
    .filter(({ licence }) => {
      const names = namesIn(licence);
      return names.length === 0 || names.some((name) => !known.has(name));
    })
    .map(({ name, version, licence }) => `${name} ${version}: ${licence || 'says nothing'}`);
}

/**
 * The licence files in a folder; where there are none, the standard text of each licence that is
 * named, with the author.
 */
export function licenceTexts(folder: string, licence: string, author = ''): string[] {
  const own = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name))
        .map(({ name }) => name)
        .sort()
        .map((name) => readFileSync(join(folder, name), 'utf8'))
    : [];
  if (own.length > 0) return own;
  const by = author ? `By ${author}.\n\n` : '';
  return namesIn(licence).map((name) => by + standardText(name));
}

/** The older way to write it has a stroke for OR. */
function namesIn(licence: string): string[] {
  const words = licence.split(/[\s()/]+/);
  return words.filter((word) => word && !['AND', 'OR', 'WITH'].includes(word));
}

/** @throws when there is none: a part under such a licence has to bring its text along. */
function standardText(name: string): string {
  const text = standardTexts[name]?.licenseText;
  if (!text) throw new Error(`There is no standard text of ${name}.`);
  return text;
}
