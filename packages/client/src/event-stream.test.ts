import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEventParser } from './event-stream.ts';

test('a stream is read the same wherever it is cut', () => {
  const text =
    ': a comment\n\nevent: session\ndata: {"a": 1}\n\ndata:one\ndata: two\r\n\r\nevent: empty\n\nid: 7\rdata: last\r\rdata: not finished';
  const wanted = [
    { event: 'session', data: '{"a": 1}' },
    { event: 'message', data: 'one\ntwo' },
    { event: 'message', data: 'last' },
  ];
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 20 }), (cuts) => {
      const parser = createEventParser();
      const ends = [...cuts.sort((a, b) => a - b), text.length];
      let at = 0;
      const events = ends.flatMap((end) => {
        const piece = text.slice(at, end);
        at = end;
        return parser.push(piece);
      });
      expect(events).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});
