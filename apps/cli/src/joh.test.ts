import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fault } from '@joh/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfiguration } from './configuration.ts';
import { describeFailure, table } from './output.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'joh-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the configuration', () => {
  it('keeps a sign-in for its address alone, readable by its owner alone', () => {
    const environment = { JOH_URL: 'http://127.0.0.1:1/', JOH_CONFIG: join(folder, 'joh') };
    readConfiguration(environment).keep('ada@example.com', 'secret');
    expect(readConfiguration(environment).token).toBe('secret');
    expect(readConfiguration({ ...environment, JOH_URL: 'http://127.0.0.1:2' }).token).toBeNull();
    expect(statSync(join(folder, 'joh', 'sign-ins.json')).mode & 0o777).toBe(0o600);
    readConfiguration(environment).forget();
    expect(readConfiguration(environment).token).toBeNull();
  });
});

describe('what is printed', () => {
  it('tells a fault in the words of the table', () => {
    expect(describeFailure(fault('E_PROJECT_NAME_TAKEN', { name: 'blinky' }))).toBe(
      'You already have a project named "blinky".\nThe existing project was not touched.\n' +
        'Choose another name, or open the existing project. (E_PROJECT_NAME_TAKEN)',
    );
  });
  it('aligns columns', () => {
    expect(
      table([
        ['a', 'bb'],
        ['ccc', 'd'],
      ]),
    ).toEqual(['a    bb', 'ccc  d']);
  });
});

describe('joh as a program', () => {
  const joh = (args: string[], input = '') =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
      encoding: 'utf8',
      input,
      // Nothing listens on port 9 (discard, RFC 863) of a test machine.
      env: { ...process.env, JOH_URL: 'http://127.0.0.1:9', JOH_CONFIG: folder },
    });

  it('names a wrong use and ends with a code', () => {
    expect(joh(['frobnicate'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('unknown command'),
    });
  });
  it('takes no password as an argument', () => {
    const { status, stderr } = joh(['login', '--email', 'a@example.com', '--password', 'x']);
    expect([status, stderr]).toEqual([1, expect.stringContaining("unknown option '--password'")]);
  });
  it('refuses an odd name before asking anybody', () => {
    const args = [
      'signup',
      '--email',
      'a@example.com',
      '--name',
      '../x',
      '--password-stdin',
      '--json',
    ];
    const { status, stdout } = joh(args, 'irrelevant\n');
    expect(status).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'E_REQUEST_INVALID' });
  });
  it('says that FrontendMaster does not answer', () => {
    const { status, stdout, stderr } = joh(['sessions', '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toHaveProperty('error.code');
    expect(stderr).not.toContain('at async');
  });
});
