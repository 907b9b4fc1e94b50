import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createNarReader, NarInvalid } from './nar-reader.ts';
import { archiveOf, type Node, word } from './simulated-archive.ts';

const tree: Node = {
  entries: [
    ['bin', { entries: [['tool', { contents: '#!/bin/sh\n', executable: true }]] }],
    ['empty', { contents: '' }],
    ['link', { target: 'bin/tool' }],
    ['void', { entries: [] }],
  ],
};

function read(bytes: Buffer, sizes: readonly number[] = [bytes.length], listingBytesMax = 10_000) {
  const reader = createNarReader({ listingBytesMax });
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    // The memory of a chunk is used again for the next one, as a file's reader does.
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    reader.write(chunk);
    chunk.fill(0xee);
    at += size;
  }
  return reader.end();
}

it('lists what is in an archive, as Nix does', () => {
  const bytes = archiveOf(tree);
  const listing = JSON.parse(read(bytes) ?? '');
  expect(listing).toEqual({
    version: 1,
    root: {
      type: 'directory',
      entries: {
        bin: {
          type: 'directory',
          entries: {
            tool: { type: 'regular', size: 10, executable: true, narOffset: expect.any(Number) },
          },
        },
        empty: { type: 'regular', size: 0, narOffset: expect.any(Number) },
        link: { type: 'symlink', target: 'bin/tool' },
        void: { type: 'directory', entries: {} },
      },
    },
  });
  const { narOffset } = listing.root.entries.bin.entries.tool;
  expect(bytes.subarray(narOffset, narOffset + 10).toString()).toBe('#!/bin/sh\n');
});

it('reads the same in whatever pieces it comes', () => {
  const bytes = archiveOf(tree);
  const whole = read(bytes);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }), (sizes) => {
      expect(read(bytes, sizes)).toBe(whole);
    }),
  );
});

it('refuses every archive that is cut off', () => {
  const bytes = archiveOf(tree);
  for (let length = 0; length < bytes.length; length += 1)
    expect(() => read(bytes.subarray(0, length))).toThrow(NarInvalid);
});

it('refuses or reads every archive with one byte changed, and never anything else', () => {
  const bytes = archiveOf(tree);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const other = Buffer.from(bytes);
      other[at] = (other[at] ?? 0) ^ change;
      try {
        read(other);
      } catch (error) {
        expect(error).toBeInstanceOf(NarInvalid);
      }
    }),
    { numRuns: 2000 },
  );
});

it.each([
  [
    'names out of order',
    {
      entries: [
        ['b', { target: 'x' }],
        ['a', { target: 'x' }],
      ],
    },
  ],
  [
    'a name twice',
    {
      entries: [
        ['a', { target: 'x' }],
        ['a', { target: 'x' }],
      ],
    },
  ],
  ['a name with a slash', { entries: [['../x', { target: 'x' }]] }],
  ['the name ..', { entries: [['..', { target: 'x' }]] }],
  ['an empty name', { entries: [['', { target: 'x' }]] }],
  ['a name with NUL', { entries: [['a\0b', { target: 'x' }]] }],
  ['a name that is too long', { entries: [['n'.repeat(256), { target: 'x' }]] }],
] as [string, Node][])('refuses %s', (_, node) => {
  expect(() => read(archiveOf(node))).toThrow(NarInvalid);
});

it('refuses what follows the end, and other formats', () => {
  expect(() => read(Buffer.concat([archiveOf(tree), word(')')]))).toThrow(NarInvalid);
  expect(() => read(Buffer.from('PK\x03\x04 and so on, long enough'))).toThrow(NarInvalid);
  expect(() => read(word('nix-archive-2'))).toThrow(NarInvalid);
});

it('has no listing where it would be too long, and reads on', () => {
  expect(read(archiveOf(tree), [64], 50)).toBeNull();
});

it('refuses folders without end', () => {
  const start = ['nix-archive-1'];
  for (let depth = 0; depth < 3000; depth += 1)
    start.push('(', 'type', 'directory', 'entry', '(', 'name', 'd', 'node');
  expect(() => read(Buffer.concat(start.map(word)))).toThrow('too deep');
});
