import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import type { ShellState } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createKnownShells } from './known-shells.ts';
import { createProjectShell, type ProjectShell } from './project-shell.ts';
import { createRecordFolder } from './record-folder.ts';

const clock = systemClock();
/** Says what the real one would, for the file it is given; `sleep` in it takes for ever. */
const standIn = `#!/bin/sh
grep -q sleep "$1" && exec sleep 60
grep -q wrong "$1" && echo 'error: wrong' >&2 && exit 1
IN_NIX_SHELL=impure FROM_NIX=$(cat "$1") PATH=/nix/bin:$PATH exec env -0
`;

let folder: TemporaryFolder;
let shell: ProjectShell;
let states: ShellState[];
const at = (name: string) => join(folder.path, name);
const describe = (text: string, name = 'shell.nix') => writeFileSync(at(`project/${name}`), text);
const open = (version: string | null = '2.8.0') => {
  const records = createRecordFolder({ folder: at('records'), clock });
  const frontend = { list: async () => [], offer: async () => undefined };
  shell = createProjectShell({
    env: { PATH: `${at('bin')}:/usr/bin:/bin`, HOME: at('home'), SHELL: '/bin/sh' },
    ...{ root: at('project'), runtime: at('run'), observer: null, log: () => undefined },
    ...{ clock, random: systemRandom(), known: createKnownShells({ records, frontend, clock }) },
    nix: { version: async () => version, push: () => undefined },
  });
  shell.onChanged((state) => void states.push(state));
};

beforeEach(async () => {
  folder = await temporaryFolder('shell');
  states = [];
  for (const name of ['home', 'bin', 'project', 'run']) mkdirSync(at(name));
  // The system's own profile may set PATH anew.
  const profile = `echo welcome\nexport FROM_PROFILE="a=b\nc" PATH="${at('bin')}:$PATH"\n`;
  writeFileSync(at('home/.profile'), profile);
  writeFileSync(at('bin/nix-shell'), standIn);
  chmodSync(at('bin/nix-shell'), 0o755);
});
afterEach(async () => {
  shell.close();
  await shell.settled();
  await folder.remove();
});

it('has what the profile sets at once, and then what the description adds', async () => {
  describe('one');
  open();
  const login = await shell.environment();
  expect(login).toMatchObject({ FROM_PROFILE: 'a=b\nc' });
  expect(login.FROM_NIX).toBeUndefined();
  expect((await shell.terminal()).argv).toEqual(['/bin/sh', '-l']);
  await shell.settled();
  expect(shell.state()).toMatchObject({ phase: 'ready', origin: 'evaluation' });
  // In one word: who is told that it is ready knows which one.
  expect(states.at(-2)?.shell).toBeNull();
  expect(await shell.environment()).toMatchObject({ FROM_NIX: 'one', FROM_PROFILE: 'a=b\nc' });
  const { argv, env, shell: name } = await shell.terminal();
  expect([argv, name]).toEqual([['/bin/sh'], shell.state().shell]);
  expect(env.PATH).toMatch(/^\/nix\/bin:/);
});

it('offers to reload what changed, and keeps the shell when that fails or is cancelled', async () => {
  describe('one', 'nix.shell');
  open();
  await shell.settled();
  describe('wrong', 'nix.shell');
  await waitFor(() => shell.state().changed.includes('nix.shell'));
  shell.reload();
  await shell.settled();
  expect(shell.state()).toMatchObject({
    ...{ phase: 'failed', reason: 'New terminals keep the shell from before.' },
    problem: { path: at('project/nix.shell'), line: 1, message: 'error: wrong' },
  });
  expect(shell.output()).toBe('error: wrong\n');
  describe('sleep', 'nix.shell');
  shell.reload();
  await waitFor(() => states.at(-1)?.phase === 'evaluating');
  shell.cancel();
  await shell.settled();
  expect(shell.state()).toMatchObject({ phase: 'failed', problem: null });
  expect(shell.state().reason).toContain('cancelled');
  expect(await shell.environment()).toMatchObject({ FROM_NIX: 'one' });
  // `shell.nix` counts before the other, and the last reload is the one that counts.
  describe('sleep');
  shell.reload();
  describe('two');
  shell.reload();
  await shell.settled();
  expect(await shell.environment()).toMatchObject({ FROM_NIX: 'two' });
  rmSync(at('project/shell.nix'));
  rmSync(at('project/nix.shell'));
  shell.reload();
  await shell.settled();
  expect(shell.state()).toMatchObject({ phase: 'none', shell: null });
});

it('is the login shell where there is no Nix, no description, or no login shell', async () => {
  describe('one');
  open(null);
  await shell.settled();
  expect(shell.state()).toMatchObject({ phase: 'unavailable', shell: null });
  expect((await shell.environment()).FROM_PROFILE).toBe('a=b\nc');
  shell.close();
  rmSync(at('project/shell.nix'));
  open();
  await shell.settled();
  expect(shell.state()).toMatchObject({ phase: 'none', description: null });
  describe('one');
  await waitFor(() => shell.state().changed.includes('shell.nix'));
});
