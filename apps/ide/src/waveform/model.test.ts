import { createVcdReader, type Waves } from '@joh/waves';
import { describe, expect, it } from 'vitest';
import {
  edgeNear,
  firstRows,
  fitted,
  isFitted,
  panned,
  parseSavedView,
  resized,
  restoredRows,
  revealed,
  searched,
  ticksAt,
  xOf,
  zoomed,
} from './model.ts';
import { segmentsOf } from './segments.ts';

function wavesOf(text: string): Waves {
  const reader = createVcdReader({ bytesMax: 1e9 });
  reader.write(new TextEncoder().encode(text));
  return reader.end();
}

const waves = wavesOf(`$scope module tb $end
$var reg 1 ! clk $end
$var parameter 8 p WIDTH $end
$scope module dut $end
$var wire 1 ! clock $end
$var wire 8 " data [7:0] $end
$upscope $end $upscope $end $enddefinitions $end
#0 0! b1 "
#100 1! b10 "
#1000 0!`);

describe('the viewport', () => {
  const all = fitted(1000, 500);
  it('shows all, with room for the last value', () => {
    expect(isFitted(all, 1000)).toBe(true);
    expect(xOf(all, 1000)).toBeLessThan(500);
    expect(xOf(all, 1000)).toBeGreaterThan(480);
  });
  it('zooms about what is pointed at, between all of it and a wide tick', () => {
    const near = zoomed(all, 4, 200, 1000);
    expect(ticksAt(near, 200)).toBeCloseTo(ticksAt(all, 200));
    expect(isFitted(zoomed(near, 0.01, 30, 1000), 1000)).toBe(true);
    expect(zoomed(near, 1e9, 200, 1000).ticksPerPixel).toBe(1 / 40);
  });
  it('never leaves the recording', () => {
    const near = zoomed(all, 4, 0, 1000);
    expect(panned(near, -1e6, 1000).start).toBe(0);
    const last = panned(near, 1e6, 1000);
    expect(xOf(last, 1000)).toBeLessThanOrEqual(500);
    expect(xOf(last, 1000)).toBeGreaterThan(400);
  });
  it('moves only for what is out of sight', () => {
    const near = zoomed(all, 10, 0, 1000);
    expect(revealed(near, 50, 1000)).toBe(near);
    expect(xOf(revealed(near, 600, 1000), 600)).toBeCloseTo(250);
  });
  it('keeps all of it, or its scale, in another width', () => {
    expect(isFitted(resized(all, 300, 1000), 1000)).toBe(true);
    const near = zoomed(all, 10, 0, 1000);
    expect(resized(near, 300, 1000).ticksPerPixel).toBe(near.ticksPerPixel);
  });
});

it('takes the nearest edge within a few pixels', () => {
  const [, { variable } = { variable: null }] = firstRows(waves);
  if (!variable) throw new Error('no signal');
  const all = fitted(1000, 500);
  const near = (x: number) =>
    edgeNear(variable.signal.changes, waves.times.ticks, all, xOf(all, 100) + x);
  expect([-5, -1, 4].map(near)).toEqual([100, 100, 100]);
  expect([-6, 6].map(near)).toEqual([null, null]);
});

describe('the rows', () => {
  it('begin with each signal once, without parameters', () => {
    expect(firstRows(waves).map(({ variable }) => variable.path)).toEqual([
      'tb.clk',
      'tb.dut.data',
    ]);
  });
  it('come back by their names, without those that are gone', () => {
    const saved = parseSavedView(
      JSON.stringify({
        rows: [
          { path: 'tb.gone', radix: 'binary' },
          { path: 'tb.dut.data', radix: 'signed' },
          { path: 'tb.clk', radix: 'signed' },
        ],
        span: null,
        cursor: null,
      }),
    );
    const rows = saved ? restoredRows(saved, waves) : [];
    expect(rows.map(({ variable, radix }) => `${variable.path} ${radix}`)).toEqual([
      'tb.dut.data signed',
      'tb.clk binary',
    ]);
  });
  it('are found by parts of their names', () => {
    expect(searched(waves, 'DUT da', 5).map(({ path }) => path)).toEqual(['tb.dut.data']);
    expect(searched(waves, '', 2)).toHaveLength(2);
  });
  it('are read back only from what was saved', () => {
    for (const text of [null, '', '{', '{}', '{"rows":[{}],"span":null,"cursor":null}'])
      expect(parseSavedView(text)).toBeNull();
  });
});

describe('segments', () => {
  const busy = (count: number) => {
    let text = '$var wire 1 ! a $end $enddefinitions $end\n';
    for (let at = 0; at < count; at++) text += `#${at} ${at % 2}!\n`;
    return wavesOf(text);
  };
  const of = (recording: Waves, view = fitted(recording.endTime, 500)) => {
    const [signal] = recording.root.variables.concat(recording.root.scopes[0]?.variables ?? []);
    if (!signal) throw new Error('no signal');
    return segmentsOf(signal.signal.changes, recording.times.ticks, view);
  };
  it('go from change to change', () => {
    const segments = of(waves);
    expect(segments.map(({ index, isBusy }) => [index, isBusy])).toEqual([
      ...[
        [0, false],
        [1, false],
      ],
      [2, false],
    ]);
    expect(segments[0]?.to).toBeCloseTo(xOf(fitted(1000, 500), 100));
  });
  it('are one block where changes are too many, in steps of the width', () => {
    const segments = of(busy(100_000));
    expect(segments.filter(({ isBusy }) => isBusy)).toHaveLength(1);
    expect(segments.length).toBeLessThan(4);
  });
  it('leave no gap', () => {
    for (const count of [1, 2, 250, 333, 5000]) {
      const segments = of(busy(count));
      segments.slice(1).forEach((segment, at) => {
        expect(segment.from).toBe(segments[at]?.to);
      });
    }
  });
  it('begin before the first change with nothing', () => {
    const late = wavesOf('$var wire 1 ! a $end $enddefinitions $end #0 #50 1! #100');
    expect(of(late).map(({ index }) => index)).toEqual([-1, 0]);
  });
});
