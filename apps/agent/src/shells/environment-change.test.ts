import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyChanges,
  diffEnvironment,
  isVolatile,
  parseEnvironment,
  stableText,
  toMarks,
} from './environment-change.ts';

const places = { root: '/work/blinky', home: '/home/ada' };

describe('what a shell does to an environment', () => {
  const base = { PATH: '/bin', HOME: '/home/ada', GONE: 'x', TMPDIR: '/tmp', SHELL: '/bin/bash' };
  const shell = {
    ...{ PATH: '/nix/store/y/bin:/bin', HOME: '/home/ada', IN_NIX_SHELL: 'impure' },
    ...{ TMPDIR: '/tmp/nix-shell-1', SHELL: '/nix/bash', PYTHONPATH: '/work/blinky/py' },
    CACHE: '/home/ada/.cache:/work/blinky2',
  };

  it('is done to another environment, in a folder of another name', () => {
    const changes = diffEnvironment(base, shell, places);
    expect(JSON.stringify(changes)).not.toContain('/work/blinky/');
    const there = { root: '/elsewhere', home: '/root' };
    const before = { PATH: '/usr/bin', GONE: 'y', TMPDIR: '/mine', SHELL: '/bin/zsh', MORE: '1' };
    expect(applyChanges(before, changes, there)).toEqual({
      ...{ PATH: '/nix/store/y/bin:/usr/bin', TMPDIR: '/mine', SHELL: '/bin/zsh', MORE: '1' },
      ...{ IN_NIX_SHELL: 'impure', PYTHONPATH: '/elsewhere/py' },
      CACHE: '/root/.cache:/work/blinky2',
    });
  });

  it('gives back the shell where it was made', () => {
    const names = fc.constantFrom('PATH', 'A', 'B', 'C');
    const values = fc.constantFrom('', '/bin', '/a:/bin', '/work/blinky/x', '/work/blinky', '/b');
    const environment = fc.dictionary(names, values);
    fc.assert(
      fc.property(environment, environment, (one, other) => {
        expect(applyChanges(one, diffEnvironment(one, other, places), places)).toEqual(other);
      }),
    );
  });
});

it('reads an environment behind a greeting', () => {
  expect(parseEnvironment('hello\nworld\nPATH=/bin\0A=1\nB=2\0_=/usr/bin/env\0', 'PATH')).toEqual({
    PATH: '/bin',
    A: '1\nB=2',
  });
  expect(parseEnvironment('nothing', 'PATH')).toBeNull();
});

it('knows what is another in every session', () => {
  const one = {
    PATH: '/bin',
    JOY_OF_HARDWARE_CONTAINER: 'a',
    SSH_AUTH_SOCK: '/x',
    A: '/work/blinky',
  };
  const other = { A: '/w2', PATH: '/bin', JOY_OF_HARDWARE_CONTAINER: 'b' };
  expect(stableText(one, places)).toBe(stableText(other, { root: '/w2', home: '/h2' }));
  expect(isVolatile('NIXPKGS_ALLOW_UNFREE')).toBe(false);
  expect(toMarks('/work/blinky.old /work/blinky', places)).toMatch(/^\/work\/blinky\.old .root.$/);
});
