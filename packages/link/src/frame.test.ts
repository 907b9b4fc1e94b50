import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeJson,
  decodeMessage,
  decodeNumber,
  encodeJson,
  encodeMessage,
  encodeNumber,
  type Frame,
  frameSize,
} from './frame.ts';
import { decodeHello, encodeHello } from './hello.ts';

const number = fc.maxSafeNat();
const frame: fc.Arbitrary<Frame> = fc.record({
  type: fc.integer({ min: 0, max: 255 }),
  value: number,
  payload: fc.uint8Array({ maxLength: 300 }),
});

test('what is encoded is decoded, and is as long as was said', () => {
  fc.assert(
    fc.property(number, fc.array(frame, { maxLength: 10 }), (first, frames) => {
      const bytes = encodeMessage(first, frames);
      expect(decodeMessage(bytes)).toEqual({ first, frames });
      const sizes = frames.reduce((sum, one) => sum + frameSize(one), 0);
      expect(bytes.length - sizes).toBe(encodeNumber(first).length);
    }),
  );
});

test('a number is what it was', () => {
  fc.assert(fc.property(number, (value) => decodeNumber(encodeNumber(value)) === value));
  expect(encodeNumber(127)).toHaveLength(1);
  expect(encodeNumber(128)).toHaveLength(2);
  expect(decodeNumber(Uint8Array.of(1, 1))).toBeNull();
});

test('a message that is cut off is malformed, unless the cut is between frames', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 5 }), (frames) => {
      const bytes = encodeMessage(0, frames);
      const ends = new Set<number>();
      let at = 1;
      ends.add(at);
      for (const one of frames) {
        at += frameSize(one);
        ends.add(at);
      }
      for (let cut = 0; cut < bytes.length; cut++) {
        const decoded = decodeMessage(bytes.subarray(0, cut));
        expect(decoded !== null).toBe(ends.has(cut));
      }
    }),
    { numRuns: 30 },
  );
});

test('noise never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      decodeMessage(bytes);
      decodeNumber(bytes);
      decodeHello(bytes);
      decodeJson(bytes);
    }),
    { numRuns: 1000 },
  );
  expect(decodeMessage(new Uint8Array(20).fill(255))).toBeNull();
});

test('JSON keeps what is not ASCII; what is not JSON is undefined', () => {
  expect(decodeJson(encodeJson({ name: 'ĝis – 名' }))).toEqual({ name: 'ĝis – 名' });
  expect(decodeJson(Uint8Array.of(0xff))).toBeUndefined();
});

test('a hello is taken only when it is whole', () => {
  const hello = {
    version: 1,
    link: 'link_0123456789abcdefghijklmnop',
    isNew: true,
    ticket: 't',
    received: 0,
    creditBytes: 1,
  };
  expect(decodeHello(encodeHello(hello))).toEqual(hello);
  for (const key of Object.keys(hello)) {
    const { [key as keyof typeof hello]: _, ...rest } = hello;
    expect(decodeHello(encodeHello(rest as typeof hello))).toBeNull();
  }
  expect(decodeHello(encodeHello({ ...hello, link: '../../etc' }))).toBeNull();
  expect(decodeHello(encodeHello({ ...hello, received: -1 }))).toBeNull();
});
