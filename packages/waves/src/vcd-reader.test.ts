import { readFileSync } from 'node:fs';
import { isFault } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import { changeAt, timeOfChange } from './changes.ts';
import { formatValue } from './radix.ts';
import { createVcdReader } from './vcd-reader.ts';
import { type Waves, walkVariables } from './waves.ts';

const small = `$date today $end
$version Icarus Verilog $end
$timescale 10ps $end
$comment anything, $dumpvars too $end
$scope module tb $end
$var reg 1 ! clk $end
$var wire 8 " data [7:0] $end
$var real 64 # level $end
$var wire 40 $ wide[39:0] $end
$scope module dut $end
$var wire 1 ! clock $end
$var wire 8 % word[3] [7:0] $end
$upscope $end
$upscope $end
$enddefinitions $end
$dumpvars
0!
bx "
r0 #
$end
#5
1!
b101 "
r1.5 #
bz1 $
#10
0!
0!
b0zz0xxxx "
#25
`;

function read(text: string | Uint8Array, bytesMax = 1e9, piece = Number.POSITIVE_INFINITY): Waves {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const reader = createVcdReader({ bytesMax });
  for (let at = 0; at < bytes.length; at += Math.min(piece, bytes.length))
    if (!reader.write(bytes.subarray(at, at + piece))) return reader.waves ?? reader.end();
  return reader.end();
}

/** `path time=value …` of every variable. */
function said(waves: Waves, radix: 'binary' | 'hexadecimal' = 'binary'): string[] {
  const { ticks } = waves.times;
  return [...walkVariables(waves.root)].map(({ path, range, signal: { changes } }) => {
    const values = Array.from(
      { length: changes.count },
      (_, index) => `${timeOfChange(changes, ticks, index)}=${formatValue(changes, index, radix)}`,
    );
    return [path + range, ...values].join(' ');
  });
}

describe('a value change dump', () => {
  it('is read with its names, values and times', () => {
    const waves = read(small);
    expect(waves.timescale).toEqual({ value: 10, exponent: -12 });
    expect([waves.tool, waves.endTime, waves.cutAt]).toEqual(['Icarus Verilog', 25, null]);
    expect(said(waves)).toEqual([
      'tb.clk 0=0 5=1 10=0',
      'tb.data[7:0] 0=xxxxxxxx 5=00000101 10=0zz0xxxx',
      'tb.level 0=0 5=1.5',
      `tb.wide[39:0] 5=${'z'.repeat(39)}1`,
      'tb.dut.clock 0=0 5=1 10=0',
      'tb.dut.word[3][7:0]',
    ]);
  });
  it('is the same in pieces of any size', () => {
    for (const piece of [1, 2, 3, 7, 64])
      expect(said(read(small, 1e9, piece))).toEqual(said(read(small)));
  });
  it('keeps the last of several values at one moment', () => {
    expect(said(read(`${small}1!\n0!\n1!\n`))[0]).toBe('tb.clk 0=0 5=1 10=0 25=1');
  });
  it('knows the letters of std_logic and texts', () => {
    const head =
      '$scope module t $end $var reg 1 ! a $end $var string 1 " s $end $enddefinitions $end ';
    expect(said(read(`${head} U! sidle " #1 H! #2 W! #3 L! #4 -! srunning "`))).toEqual([
      't.a 0=x 1=1 2=x 3=0 4=x',
      't.s 0=idle 4=running',
    ]);
  });
  it('knows identifiers of many letters from one another', () => {
    const ids = ['!', '!!', '"!', '~~~', '~~~~', 'averylongidentifier', 'averylongidentifieR'];
    const head = ids.map((id, index) => `$var wire 8 ${id} v${index} $end`).join('\n');
    const values = ids.map((id, index) => `b${index.toString(2)} ${id}`).join('\n');
    const waves = read(`$scope module t $end ${head} $enddefinitions $end #0 ${values}`);
    expect(said(waves, 'hexadecimal')).toEqual(ids.map((_, at) => `t.v${at} 0=0${at}`));
  });
  it('stops where memory ends, and says from when on', () => {
    let text = '$var wire 1 ! a $end $enddefinitions $end\n';
    for (let at = 0; at < 50_000; at++) text += `#${at}\n${at % 2}!\n`;
    const waves = read(text, 100_000);
    const [a] = walkVariables(waves.root);
    expect(waves.cutAt).toBe(waves.endTime);
    expect(waves.endTime).toBeGreaterThan(1000);
    expect(waves.endTime).toBeLessThan(30_000);
    expect(a?.signal.changes.count).toBeGreaterThanOrEqual(waves.endTime);
  });
  it('counts texts too', () => {
    let text = '$var string 0 ! state $end $enddefinitions $end\n';
    for (let at = 0; at < 2_000; at++) text += `#${at}\ns${'x'.repeat(500)} !\n`;
    expect(read(text, 500_000).endTime).toBeLessThan(600);
  });
  it.each([
    ['what is no dump', 'ELF\u0000 nothing', /does not begin/],
    ['one without an end of its names', '$scope module t $end', /no end/],
    ['what is no time', '$enddefinitions $end #5 #late', /"#late" is no time/],
    ['what is no value', '$enddefinitions $end #0 ?!', /"\?!" is no value/],
    [
      'a signal without a size',
      '$var wire many ! a $end $enddefinitions $end',
      /declares no signal/,
    ],
  ])('refuses %s', (_, text, reason) => {
    let error: unknown;
    try {
      read(text);
    } catch (caught) {
      error = caught;
    }
    expect(isFault(error, 'E_WAVES_UNREADABLE')).toBe(true);
    expect(String(error)).toMatch(reason);
  });
});

describe.each([
  ['iverilog.vcd', 'Icarus', 'counter_tb.dut.count[3:0]'],
  ['verilator.vcd', '', 'counter_tb.dut.count[3:0]'],
  ['ghdl.vcd', 'GHDL', 'counter_tb.dut.count[3:0]'],
])('%s, as the simulator wrote it', (file, tool, path) => {
  const waves = read(readFileSync(new URL(`../fixtures/${file}`, import.meta.url)));
  it('counts a clock of 10 ns', () => {
    expect(waves.tool).toContain(tool);
    const variables = [...walkVariables(waves.root)];
    const count = variables.find((one) => (one.path + one.range).endsWith(path));
    if (!count) throw new Error(variables.map((one) => one.path + one.range).join(', '));
    const tick = waves.timescale.value * 10 ** waves.timescale.exponent;
    const at = (seconds: number) => {
      const { changes } = count.signal;
      const index = changeAt(changes, waves.times.ticks, Math.round(seconds / tick));
      return formatValue(changes, index, 'unsigned');
    };
    // The reset is over at 12 ns; the clock rises at 5, 15, 25, … ns.
    expect([at(13e-9), at(16e-9), at(26e-9), at(86e-9)]).toEqual(['0', '1', '2', '8']);
  });
});
