import { describe, expect, it } from 'vitest';
import { createEvaluationLog, lacksNixpkgs } from './evaluation-log.ts';

const description = '/work/p/shell.nix';
const logOf = (...lines: (string | object)[]) => {
  const log = createEvaluationLog();
  for (const line of lines)
    log.line(typeof line === 'string' ? line : `@nix ${JSON.stringify(line)}`);
  return log;
};
const drv = '/nix/store/21a5k28smgkry5sy67dxy6f7vnarxw9f-yosys-0.33.drv';

describe('what Nix does', () => {
  const copying = { action: 'start', id: '1', type: 103, text: '' };
  const progress = (done: number, expected: number) => ({
    ...{ action: 'result', id: '1', type: 105, fields: [done, expected, 1, 0] },
  });
  it('is told in words', () => {
    expect(logOf().activity()).toBeNull();
    expect(logOf(copying, progress(0, 12)).activity()).toBe('fetching 12 paths from the cache');
    expect(logOf(copying, progress(9, 12)).activity()).toBe(
      'fetching 3 of 12 paths from the cache',
    );
    expect(logOf(copying, progress(12, 12)).activity()).toBeNull();
    const building = { action: 'start', id: '2', type: 105, text: 'building', fields: [drv] };
    expect(logOf(building).activity()).toBe('building yosys-0.33');
    expect(logOf(building, { ...building, id: '3' }).activity()).toBe(
      'building yosys-0.33 and 1 more',
    );
    expect(logOf(building, { action: 'stop', id: '2' }).activity()).toBeNull();
  });

  it('is read also where an id is more than a double holds', () => {
    const log = createEvaluationLog();
    const start = (id: string) =>
      log.line(`@nix {"action":"start","id":${id},"type":105,"text":"b","fields":["${drv}"]}`);
    start('9223372036854775001');
    start('9223372036854775002');
    log.line('@nix {"action":"stop","id":9223372036854775001}');
    expect(log.activity()).toBe('building yosys-0.33');
  });
});

describe('a problem', () => {
  // From Nix 2.8.0 and 2.26.3.
  const error = { action: 'msg', level: 0, line: 4, column: 11, raw_msg: "unexpected ';'" };
  const msg = "\u001b[31;1merror:\u001b[0m unexpected ';'\n\n at /work/p/shell.nix:4:11:";
  it('is where Nix says', () => {
    for (const file of [description, `${description}:4:11`])
      expect(logOf({ ...error, file, msg }).problem('/work/p', description)).toEqual({
        ...{ path: description, line: 4, column: 11, severity: 'error', source: 'nix' },
        message: "unexpected ';'",
      });
  });

  it('is at the innermost place in the project, else at the top of the description', () => {
    const thrown = { ...error, file: null, line: null, column: null, raw_msg: 'no such board' };
    const trace = [
      { file: '/nix/store/x/lib.nix', line: 9, column: 9 },
      { file: '/work/p/nix/a.nix', line: 2, column: 3 },
      { file: '/work/p/shell.nix', line: 1, column: 1 },
    ];
    expect(
      logOf({ ...thrown, msg: 'error: no', trace }).problem('/work/p', description),
    ).toMatchObject({
      ...{ path: '/work/p/nix/a.nix', line: 2, column: 3 },
    });
    expect(logOf({ ...thrown, msg: 'error: no' }).problem('/work/p', description)).toMatchObject({
      ...{ path: description, line: 1, column: null, message: 'no such board' },
    });
    expect(logOf('bash: /x: not found').problem('/work/p', description)?.message).toBe(
      'bash: /x: not found',
    );
  });

  it('of a builder has the end of its log', () => {
    const failed = { ...error, file: null, raw_msg: "builder for 'x.drv' failed with exit code 2" };
    const whole = `error: ${failed.raw_msg};\n last 2 log lines:\n > cc: no such file\n > gave up`;
    expect(logOf({ ...failed, msg: whole }).problem('/work/p', description)?.message).toBe(
      `${failed.raw_msg}: cc: no such file / gave up`,
    );
  });

  it('of the machine is told from one of the project', () => {
    const says = "error: file 'nixpkgs' was not found in the Nix search path (add it with -I)";
    expect(lacksNixpkgs(logOf({ ...error, msg: says, raw_msg: says }).text())).toBe(true);
  });
});
