import type { ShellInput, ShellRecord } from '@joh/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  changedInputs,
  decideReuse,
  inputsOf,
  isShareable,
  shellPlace,
  storePathsIn,
} from './shell-record.ts';

const input = (path: string, digest: string | null, kind: ShellInput['kind'] = 'contents') => ({
  ...{ kind, path, digest },
});
const record = (
  inputs: Record<string, string | null>,
  changes: ShellRecord['changes'] = { IN_NIX_SHELL: { set: 'impure' } },
): ShellRecord => ({
  inputs: Object.entries(inputs).map(([path, digest]) => input(path, digest)),
  ...{ changes, paths: [], madeAtMs: 1, expiresAtMs: null, tookMs: 1 },
});
const digests = (now: Record<string, string | null>) =>
  new Map(Object.entries(now).map(([path, digest]) => [`contents ${path}`, digest]));

it('is used again while everything that was read is the same', () => {
  const old = record({ 'shell.nix': 'a', 'nix/tools.nix': 'b', 'override.nix': null });
  const now = { 'shell.nix': 'a', 'nix/tools.nix': 'b', 'override.nix': null, 'top.v': 'x' };
  expect(decideReuse([old], digests(now), 2)).toBe(old);
  expect(decideReuse([old], digests({ ...now, 'nix/tools.nix': 'c' }), 2)).toBeNull();
  expect(decideReuse([old], digests({ ...now, 'override.nix': 'new' }), 2)).toBeNull();
  expect(changedInputs(old, digests({ ...now, 'override.nix': 'new' }))).toEqual(['override.nix']);
  const { 'shell.nix': _, ...unread } = now;
  expect(decideReuse([old], digests(unread), 2)).toBeNull();
});

it('finds the one that fits when a branch is changed back and forth', () => {
  const one = record({ 'shell.nix': 'a', 'one.nix': 'x' });
  const two = record({ 'shell.nix': 'b' });
  expect(inputsOf([one, two]).map(({ path }) => path)).toEqual(['shell.nix', 'one.nix']);
  expect(decideReuse([one, two], digests({ 'shell.nix': 'b', 'one.nix': 'x' }), 2)).toBe(two);
  expect(decideReuse([one, two], digests({ 'shell.nix': 'a', 'one.nix': 'x' }), 2)).toBe(one);
});

it('never uses a record that read nothing, or one that has expired', () => {
  expect(decideReuse([record({})], digests({}), 2)).toBeNull();
  const fetched = { ...record({ 'shell.nix': 'a' }), expiresAtMs: 10 };
  expect(decideReuse([fetched], digests({ 'shell.nix': 'a' }), 9)).toBe(fetched);
  expect(decideReuse([fetched], digests({ 'shell.nix': 'a' }), 10)).toBeNull();
});

it('uses a record exactly when nothing it read has changed', () => {
  const state = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(fc.constantFrom('1', '2')));
  fc.assert(
    fc.property(state, state, (then, now) => {
      const made = record(then);
      const isUsed = decideReuse([made], digests(now), 2) !== null;
      const isEmpty = made.inputs.length === 0;
      expect(isUsed).toBe(!isEmpty && changedInputs(made, digests(now)).length === 0);
    }),
  );
});

it('is looked for by what no file says', () => {
  const context = {
    ...{ description: 'shell.nix', system: 'x86_64-linux' },
    ...{ nixPath: 'nixpkgs=/nix/store/x-nixpkgs', nixVersion: '2.26.3' },
  };
  expect(shellPlace(context)).toBe(shellPlace({ ...context }));
  for (const change of [{ system: 'aarch64-linux' }, { nixPath: '' }, { description: 'nix.shell' }])
    expect(shellPlace({ ...context, ...change })).not.toBe(shellPlace(context));
});

it('is shared only when nothing of its container can be in it', () => {
  const inputs = { 'shell.nix': 'a', '/etc/nix/nix.conf': 'b', '/home/u/.config/x.nix': null };
  expect(isShareable(record(inputs))).toBe(true);
  expect(isShareable(record({ ...inputs, '/home/u/.config/x.nix': 'c' }))).toBe(false);
  expect(isShareable(record(inputs, { GITHUB_TOKEN: { set: 'x' } }))).toBe(false);
  const variable = record(inputs);
  variable.inputs.push(input('*', 'hash of the environment before', 'variable'));
  expect(isShareable(variable)).toBe(true);
  variable.inputs.push(input('SSH_AUTH_SOCK', 'asked for by name', 'variable'));
  expect(isShareable(variable)).toBe(false);
  // A channel is a symbolic link into the store.
  const link = input('/nix/var/nix/profiles/per-user/root/channels', 'link to x', 'presence');
  expect(isShareable({ ...record(inputs), inputs: [link] })).toBe(true);
});

it('names the store paths that a text has', () => {
  const path = '/nix/store/21a5k28smgkry5sy67dxy6f7vnarxw9f-yosys-0.33';
  expect(storePathsIn(`${path}/bin:/bin:${path}/bin and /nix/store/short`)).toEqual([path]);
});
