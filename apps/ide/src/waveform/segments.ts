/** A signal's changes as stretches of a drawing; pure. */
import { type Changes, changeAt } from '@joh/waves';
import { ticksAt, type Viewport, xOf } from './model.ts';

export interface Segment {
  /** CSS pixels from the left edge. */
  from: number;
  to: number;
  /** Of the change that holds; -1 before the first. Of a busy one, the last in it. */
  index: number;
  /** More changes than can be seen. */
  isBusy: boolean;
}

/** Changes closer than this are drawn as one block. */
const narrowestPixels = 1.5;

/** Left to right, without gaps. Takes a number of steps that depends on the width, not on the recording. */
export function segmentsOf(changes: Changes, times: Float64Array, view: Viewport): Segment[] {
  const segments: Segment[] = [];
  const right = view.width;
  let x = 0;
  let index = changeAt(changes, times, ticksAt(view, 0));
  while (x < right) {
    const next = times[changes.steps[index + 1] ?? 0] ?? 0;
    const to = index + 1 < changes.count ? Math.min(right, xOf(view, next)) : right;
    if (to - x >= narrowestPixels || to === right) {
      segments.push({ from: x, to, index, isBusy: false });
      x = to;
      index += 1;
      continue;
    }
    const until = Math.min(right, x + narrowestPixels);
    index = changeAt(changes, times, ticksAt(view, until));
    const before = segments.at(-1);
    if (before?.isBusy) Object.assign(before, { to: until, index });
    else segments.push({ from: x, to: until, index, isBusy: true });
    x = until;
  }
  return segments;
}
