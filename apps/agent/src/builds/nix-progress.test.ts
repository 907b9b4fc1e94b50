import { readFileSync } from 'node:fs';
import type { BuildEvent } from '@joh/protocol';
import { describe, expect, it, test } from 'vitest';
import { parseNixLine } from '#nix';
import { createNixProgress } from './nix-progress.ts';

const root = '/home/joh/work';
const files = ['default.nix', 'lib/check.nix', 'src/top.v'];
const create = (stagesMax = 10) =>
  createNixProgress({
    places: { root, constraints: null },
    files: { root, known: ['src/top.v'], isFile: (path) => files.includes(path) },
    stagesMax,
  });

/** Replays a recorded log. */
function replay(name: string, version: string, outcome: 'done' | 'failed', stagesMax?: number) {
  const fixture = new URL(`../../fixtures/nix-logs/${name}.${version}.jsonl`, import.meta.url);
  const progress = create(stagesMax);
  const events = readFileSync(fixture, 'utf8')
    .split('\n')
    .flatMap((line) => progress.line(line));
  return { progress, events: [...events, ...progress.end(outcome)] };
}
const short = (stage: string) => stage.replace(/^.*\/[0-9a-z]{32}-/, '');
const stagesOf = (events: BuildEvent[]) =>
  events.flatMap((event) => {
    if (event.type === 'stage') return [`${short(event.stage)}: ${event.message}`];
    return event.type === 'ended' ? [`${short(event.stage)} ${event.outcome}`] : [];
  });
const problemsOf = (events: BuildEvent[]) =>
  events.flatMap((event) => (event.type === 'problem' ? [event.problem] : []));
const logOf = (events: BuildEvent[], stage: string) =>
  events.flatMap((event) =>
    event.type === 'log' && short(event.stage) === stage ? [event.text] : [],
  );
const lastCounts = (events: BuildEvent[]) => events.findLast(({ type }) => type === 'progress');

describe.each(['2.8', '2.26'])('Nix %s', (version) => {
  it('builds: a stage for each derivation, with its phase and its own log', () => {
    const { events, progress } = replay('built', version, 'done');
    expect(stagesOf(events)).toEqual([
      'evaluation: Evaluating default.nix',
      'evaluation done',
      'lower-1.0.drv: lower-1.0',
      'lower-1.0.drv: lower-1.0',
      'lower-1.0.drv done',
      'other-1.0.drv: other-1.0',
      'other-1.0.drv: other-1.0',
      'other-1.0.drv done',
      'top-1.0.drv: top-1.0',
      'top-1.0.drv: top-1.0 (buildPhase)',
      'top-1.0.drv: top-1.0',
      'top-1.0.drv done',
    ]);
    expect(logOf(events, 'top-1.0.drv')).toContain('building top');
    expect(lastCounts(events)).toMatchObject({
      built: { done: 3, expected: 3 },
      fetched: { done: 0, expected: 0 },
    });
    expect(progress.figures()).toMatchObject({ built: 3, fetched: 0 });
    expect(problemsOf(events)).toEqual([
      {
        path: `${root}/src/top.v`,
        line: 2,
        column: null,
        severity: 'warning',
        message: 'strange.',
        source: 'yosys',
      },
    ]);
    expect(progress.failure()).toBeNull();
  });

  it('tells what came from the cache from what was built', () => {
    const { events, progress } = replay('fetched', version, 'done');
    expect(progress.figures()).toMatchObject({ built: 2, fetched: 1 });
    expect(progress.figures().derivations.map(short).sort()).toEqual([
      'other-1.0.drv',
      'top-1.0.drv',
    ]);
    expect(stagesOf(events)).toContain('fetching: Fetching from the cache (0.00 MiB)');
    expect(logOf(events, 'fetching')).toEqual(['lower-1.0 from file:///home/joh/cache']);
    expect(lastCounts(events)).toMatchObject({
      built: { done: 2, expected: 2 },
      fetched: { done: 1, expected: 1 },
    });
  });

  it('finds the line of the project in the log of the derivation that failed', () => {
    const { events, progress } = replay('failed', version, 'failed');
    expect(stagesOf(events).slice(-2)).toEqual(['top-1.0.drv: top-1.0', 'top-1.0.drv failed']);
    const message = 'syntax error, unexpected TOK_ENDMODULE';
    expect(problemsOf(events)).toMatchObject([
      { path: `${root}/src/top.v`, line: 3, severity: 'error', message },
      { path: `${root}/default.nix`, line: null, message: 'Module is not part of the design.' },
    ]);
    expect(logOf(events, 'top-1.0.drv').at(-1)).toMatch(/failed with exit code 1/);
    expect(progress.failure()).toEqual({ stage: 'top-1.0', reason: message });
  });

  test.each([
    ['undefined', 'default.nix', 3, 4, "undefined variable 'y'"],
    ['syntax', 'default.nix', 3, 3, "syntax error, unexpected '=', expecting ';'"],
    // Nix 2.8 does not say where `throw` is, but which function it is in.
    ['thrown', 'lib/check.nix', version === '2.8' ? 1 : 3, expect.any(Number), 'not ok: top'],
    ['nixpkgs', 'default.nix', 1, 17, expect.stringMatching(/nixpkgs' was not found/)],
  ] as const)('places an error of evaluation: %s', (name, file, line, _column, message) => {
    const { events, progress } = replay(name, version, 'failed');
    expect(problemsOf(events)).toMatchObject([
      { path: `${root}/${file}`, line, severity: 'error', message, source: 'nix' },
    ]);
    expect(problemsOf(events)[0]!.column).toBeGreaterThan(0);
    expect(progress.failure()).toEqual({ stage: 'evaluation', reason: message });
    expect(stagesOf(events)).toEqual(['evaluation: Evaluating default.nix', 'evaluation failed']);
  });

  it('tells the one that failed from the one that was stopped for it', () => {
    const { events, progress } = replay('cut', version, 'failed');
    const ends = stagesOf(events).filter((line) => / (done|failed|stopped)$/.test(line));
    expect(ends.slice(1, 3).sort()).toEqual(['quick-1.0.drv failed', 'slow-1.0.drv stopped']);
    expect(progress.failure()).toEqual({ stage: 'quick-1.0', reason: 'no.' });
    expect(problemsOf(events)).toMatchObject([
      { path: `${root}/default.nix`, line: null, message: 'no.' },
    ]);
  });

  it('puts derivations beyond the bound into one stage', () => {
    const { events } = replay('built', version, 'done', 1);
    const stages = new Set(
      events.flatMap((event) => ('stage' in event ? [short(event.stage)] : [])),
    );
    expect([...stages]).toEqual(['evaluation', 'lower-1.0.drv', 'other derivations']);
    expect(logOf(events, 'other derivations')).toContain('building top');
  });
});

it('keeps ids apart that a double would not', () => {
  const ids = ['18014398509481984', '18014398509481985'].map((id) =>
    parseNixLine(`@nix {"action":"stop","id":${id}}`),
  );
  expect(ids).toEqual([
    { action: 'stop', id: '18014398509481984' },
    { action: 'stop', id: '18014398509481985' },
  ]);
  const text = String.raw`@nix {"action":"msg","level":3,"msg":"say \"id\":5"}`;
  expect(parseNixLine(text)).toMatchObject({ text: 'say "id":5' });
});

test.each([
  'plain words',
  '@nix {"action":"start"',
  '@nix {"action":"leap","id":1}',
  '@nix {"action":"result","id":1,"type":101,"fields":[{}]}',
  '@nix null',
])('is no message, but a line of the log: %s', (line) => {
  expect(parseNixLine(line)).toBeNull();
  expect(create().line(line).at(-1)).toEqual({ type: 'log', stage: 'evaluation', text: line });
});
