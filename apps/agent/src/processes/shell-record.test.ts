import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  changedInputs,
  decideReuse,
  inputsOf,
  isShareable,
  readsOf,
  type ShellRecord,
  shellPlace,
  storePathsOf,
} from './shell-record.ts';

const record = (
  inputs: Record<string, string | null>,
  environment: Record<string, string> = { PATH: '/bin' },
): ShellRecord => ({
  inputs: Object.entries(inputs).map(([path, digest]) => ({ path, digest })),
  environment,
});
const digests = (now: Record<string, string | null>) => new Map(Object.entries(now));

it('is used again while everything that was read is the same', () => {
  const old = record({ 'shell.nix': 'a', 'nix/tools.nix': 'b', 'override.nix': null });
  const now = { 'shell.nix': 'a', 'nix/tools.nix': 'b', 'override.nix': null, 'top.v': 'x' };
  expect(decideReuse([old], digests(now))).toBe(old);
  expect(decideReuse([old], digests({ ...now, 'nix/tools.nix': 'c' }))).toBeNull();
  expect(decideReuse([old], digests({ ...now, 'override.nix': 'new' }))).toBeNull();
  expect(changedInputs(old, digests({ ...now, 'override.nix': 'new' }))).toEqual(['override.nix']);
  const { 'shell.nix': _, ...unread } = now;
  expect(decideReuse([old], digests(unread))).toBeNull();
});

it('finds the one that fits when a branch is changed back and forth', () => {
  const one = record({ 'shell.nix': 'a', 'one.nix': 'x' });
  const two = record({ 'shell.nix': 'b' });
  expect(inputsOf([one, two])).toEqual(['one.nix', 'shell.nix']);
  expect(decideReuse([one, two], digests({ 'shell.nix': 'b', 'one.nix': 'x' }))).toBe(two);
  expect(decideReuse([one, two], digests({ 'shell.nix': 'a', 'one.nix': 'x' }))).toBe(one);
});

it('never uses a record that read nothing', () => {
  expect(decideReuse([record({})], digests({}))).toBeNull();
});

it('uses a record exactly when nothing it read has changed', () => {
  const state = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(fc.constantFrom('1', '2')));
  fc.assert(
    fc.property(state, state, (then, now) => {
      const made = record(then);
      const isUsed = decideReuse([made], digests(now)) !== null;
      const isEmpty = made.inputs.length === 0;
      expect(isUsed).toBe(!isEmpty && changedInputs(made, digests(now)).length === 0);
    }),
  );
});

it('is looked for by what no file says', () => {
  const context = {
    ...{ description: 'shell.nix', system: 'x86_64-linux' },
    ...{ nixPath: 'nixpkgs=/nix/store/x-nixpkgs', nixVersion: 'nix (Nix) 2.26.3' },
  };
  expect(shellPlace(context)).toBe(shellPlace({ ...context }));
  for (const change of [{ system: 'aarch64-linux' }, { nixPath: '' }, { description: 'nix.shell' }])
    expect(shellPlace({ ...context, ...change })).not.toBe(shellPlace(context));
});

it('is shared only when it read nothing of its container', () => {
  const inputs = { 'shell.nix': 'a', '/nix/store/x-nixpkgs/default.nix': 'b' };
  expect(isShareable(record(inputs))).toBe(true);
  expect(isShareable(record({ ...inputs, '/home/user/.config/nixpkgs/config.nix': 'c' }))).toBe(
    false,
  );
  expect(isShareable(record(inputs, { PATH: '/bin', GITHUB_TOKEN: 'x' }))).toBe(false);
});

it('names the store paths that it needs', () => {
  const hash = '21a5k28smgkry5sy67dxy6f7vnarxw9f';
  const path = `/nix/store/${hash}-yosys-0.33`;
  expect(
    storePathsOf(record({}, { PATH: `${path}/bin:/bin:${path}/bin`, shellHook: `x ${path}` })),
  ).toEqual([path]);
});

it('reads what Nix says it read', () => {
  // From Nix 2.8.0 and 2.26.3, with -vv.
  const log = [
    "evaluating file '<nix/derivation-internal.nix>'",
    "copying '/work/project/src' to the store...",
    "copied source '/work/project/src' -> '/nix/store/grp7rspiywn8y7arnjnn9s4ms91316wc-src'",
    "evaluating file '/work/project/nix/a.nix'",
    "evaluating file '/work/project/nix/a.nix'",
    "evaluating file '/nix/store/4yzl3nzzvg2nz6zl2x4w8v6y8x0c2qzk-nixpkgs/default.nix'",
  ].join('\n');
  expect(readsOf(log)).toEqual(['/work/project/nix/a.nix', '/work/project/src']);
});
