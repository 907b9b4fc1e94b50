import type { ProjectSettings } from '@joh/protocol';
import { describe, expect, it, test } from 'vitest';
import { buildersOf, type Circumstances, chooseBuilder, requireBuilder } from './builders.ts';

const board: ProjectSettings = { board: 'icebreaker' };
const testbench: ProjectSettings = { testbench: { tool: 'ghdl', top: 'tb', sources: ['*.vhd'] } };
const nix = { hasDefaultNix: true, nixVersion: '2.26.3' };
const none = { hasDefaultNix: false, nixVersion: null };

describe('chooseBuilder', () => {
  test.each<[string, Circumstances, string]>([
    ['a board in joh.json', { settings: board, ...nix }, 'tools'],
    ['a testbench in joh.json', { settings: testbench, ...nix }, 'tools'],
    ['default.nix alone', { settings: null, ...nix }, 'nix-build'],
    ['joh.json that describes no steps', { settings: {}, ...nix }, 'nix-build'],
    ['joh.json says so', { settings: { ...board, builder: 'nix-build' }, ...nix }, 'nix-build'],
    ['nothing at all', { settings: null, ...none }, 'tools'],
    ['default.nix and no Nix', { settings: null, ...nix, nixVersion: null }, 'tools'],
  ])('%s', (_, circumstances, expected) => {
    expect(chooseBuilder(circumstances)).toBe(expected);
    expect(chooseBuilder(circumstances, 'nix-build')).toBe('nix-build');
    expect(chooseBuilder(circumstances, 'tools')).toBe('tools');
  });
});

it('says why a builder is not to be had', () => {
  expect(buildersOf({ settings: board, ...none }).offers).toEqual([
    { builder: 'tools', missing: null },
    { builder: 'nix-build', missing: 'there is no default.nix at the top of the project' },
  ]);
  expect(buildersOf({ settings: null, ...nix, nixVersion: null }).offers).toEqual([
    { builder: 'tools', missing: 'there is no joh.json at the top of the project' },
    { builder: 'nix-build', missing: 'this session has no Nix' },
  ]);
});

it('refuses nix-build without Nix, and does not fall back to something else', () => {
  const circumstances = {
    settings: { builder: 'nix-build' as const },
    ...none,
    hasDefaultNix: true,
  };
  expect(chooseBuilder(circumstances)).toBe('nix-build');
  expect(() => requireBuilder(circumstances, 'nix-build')).toThrow('this session has no Nix');
});
