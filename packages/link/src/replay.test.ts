import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Frame, frameSize, frameType } from './frame.ts';
import { createReplay } from './replay.ts';

const frame = (value: number): Frame => ({
  type: frameType.data,
  value,
  payload: new Uint8Array(value % 50),
});

test('whatever is appended, sent, acknowledged and resumed, sending is in order and complete', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('append' as const) }),
    fc.record({ do: fc.constant('send' as const) }),
    fc.record({
      do: fc.constant('ack' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({
      do: fc.constant('cut' as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const replay = createReplay();
      let appended = 0;
      let arrived = 0; // at the other side, in order
      let sent = 0;
      let acknowledged = 0;
      for (const one of steps) {
        if (one.do === 'append') replay.append(frame(appended++));
        else if (one.do === 'send') {
          const next = replay.peek();
          expect(next?.value).toBe(sent < appended ? sent : undefined);
          expect(replay.position()).toBe(sent);
          if (!next) continue;
          replay.advance();
          sent++;
        } else if (one.do === 'ack') {
          arrived = Math.max(arrived, Math.round(one.share * sent));
          expect(replay.acknowledge(arrived)).toBe(true);
          acknowledged = arrived;
        } else {
          // The other side may have got more than it had time to acknowledge.
          arrived = Math.max(arrived, Math.round(one.share * sent));
          expect(replay.resume(arrived)).toBe(true);
          sent = arrived;
          acknowledged = arrived;
        }
        const bytes = (from: number, to: number) => {
          let sum = 0;
          for (let n = from; n < to; n++) sum += frameSize(frame(n));
          return sum;
        };
        expect(replay.inFlightBytes()).toBe(bytes(acknowledged, sent));
        expect(replay.keptBytes()).toBe(bytes(acknowledged, appended));
      }
    }),
    { numRuns: 200 },
  );
});

test('a peer that claims what was never sent, or wants what is gone, is not believed', () => {
  const replay = createReplay();
  for (let n = 0; n < 3; n++) replay.append(frame(n));
  replay.advance();
  expect(replay.acknowledge(2)).toBe(false);
  expect(replay.acknowledge(1)).toBe(true);
  expect(replay.acknowledge(0)).toBe(true);
  expect(replay.resume(0)).toBe(false);
  expect(replay.resume(4)).toBe(false);
  expect(replay.resume(1)).toBe(true);
  expect(replay.peek()?.value).toBe(1);
});
