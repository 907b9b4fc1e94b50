import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSequenceTail } from './sequence-tail.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const whole = [
  'a',
  '\r',
  '\n',
  'é',
  '漢',
  '😀',
  '\x1b[31m',
  '\x1b[?2004h',
  '\x1b]0;title\x07',
  '\x1b]8;;http://x\x1b\\',
  '\x1bPq#0\x1b\\',
  '\x1b(B',
  '\x1b7',
  '\x1b[1;\x18',
];

describe('sequence tail', () => {
  it('keeps nothing between whole pieces, and exactly the begun one inside', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...whole), { maxLength: 12 }),
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        (pieces, cut, size) => {
          const bytes = encode(pieces.join(''));
          const end = bytes.length === 0 ? 0 : cut % (bytes.length + 1);
          const tail = createSequenceTail(1000);
          for (let at = 0; at < end; at += size) {
            tail.feed(bytes.subarray(at, Math.min(end, at + size)));
          }
          let start = 0;
          for (const piece of pieces) {
            const length = encode(piece).length;
            if (start + length > end) break;
            start += length;
          }
          expect(tail.pending()).toEqual(bytes.slice(start, end));
        },
      ),
    );
  });

  it('begins anew at an escape, and gives up what is too long', () => {
    const tail = createSequenceTail(8);
    tail.feed(encode('\x1b[3\x1b[4'));
    expect(tail.pending()).toEqual(encode('\x1b[4'));
    tail.feed(encode('m\x1b]0;a title without an end'));
    expect(tail.pending()).toEqual(new Uint8Array());
    tail.feed(encode('\x07\x1b['));
    expect(tail.pending()).toEqual(encode('\x1b['));
  });
});
