import { expect, it } from 'vitest';
import { reportOf, tableOf } from './report.ts';

it('ends with one line of JSON that has every figure', () => {
  const report = reportOf('claim', {
    notes: ['closed loop'],
    tables: [{ title: 'Claims', columns: ['load', 'p50'], rows: [['one', 1.2345]] }],
    figures: [
      { name: 'warm_claim_p99', unit: 'ms', value: 12.345, peer: 'docker run', peerValue: 568.4 },
      { name: 'claims', unit: '', value: 200 },
    ],
  });
  expect(JSON.parse(report.trimEnd().split('\n').at(-1) ?? '')).toEqual({
    bench: 'claim',
    figures: [
      { name: 'warm_claim_p99', unit: 'ms', value: 12.3, peer: 'docker run', peerValue: 568 },
      { name: 'claims', unit: '', value: 200 },
    ],
  });
  expect(report).toContain('one   1.23');
  expect(report).toContain('0.0217');
});

it('does not print a figure that is none', () => {
  const figures = [{ name: 'x', unit: 'ms', value: Number.NaN }];
  expect(() => reportOf('claim', { notes: [], tables: [], figures })).toThrow('x is not a number');
});

it('aligns columns', () => {
  expect(
    tableOf({
      title: 'T',
      columns: ['name', 'n'],
      rows: [
        ['a', 10],
        ['bcdef', 2],
      ],
    }),
  ).toBe(['T', 'name   n', '-----  --', 'a      10', 'bcdef   2'].join('\n'));
});
