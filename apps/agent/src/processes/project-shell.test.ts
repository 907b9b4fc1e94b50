import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { userEnvironment } from './environment.ts';
import { runToEnd } from './output.ts';
import { createProjectShell, parseEnvironment } from './project-shell.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('shell');
});
afterEach(() => folder.remove());

describe('project shell', () => {
  it('has what the profile sets, and later what shell.nix adds', async () => {
    const home = join(folder.path, 'home');
    const bin = join(folder.path, 'bin');
    const root = join(folder.path, 'project');
    for (const path of [home, bin, root]) mkdirSync(path);
    // The system's own profile may set PATH anew.
    const profile = `echo welcome\nexport FROM_PROFILE="a=b\nc" PATH="${bin}:$PATH"\n`;
    writeFileSync(join(home, '.profile'), profile);
    // A stand-in for Nix: says what the real one would, for the file it is given.
    writeFileSync(
      join(bin, 'nix-shell'),
      '#!/bin/sh\nFROM_NIX=$(cat "$1") PATH=/nix/bin:$PATH exec sh -c "$3"\n',
    );
    chmodSync(join(bin, 'nix-shell'), 0o755);
    let changes = 0;
    const shell = createProjectShell({
      env: { PATH: `${bin}:${process.env.PATH}`, HOME: home, SHELL: '/bin/sh' },
      root: () => root,
      onChanged: () => {
        changes += 1;
      },
    });
    const login = await shell.environment();
    expect(login.FROM_PROFILE).toBe('a=b\nc');
    expect(login.FROM_NIX).toBeUndefined();
    writeFileSync(join(root, 'shell.nix'), 'one');
    await shell.environment();
    await waitFor(() => changes === 1);
    expect(await shell.environment()).toMatchObject({ FROM_NIX: 'one', FROM_PROFILE: 'a=b\nc' });
  });

  it('goes on without a shell that fails', async () => {
    const env = { PATH: '/bin', HOME: folder.path, SHELL: '/no/such/shell' };
    const shell = createProjectShell({ env, root: () => folder.path, onChanged: () => undefined });
    expect(await shell.environment()).toEqual(env);
  });

  it('reads an environment behind a greeting', () => {
    expect(parseEnvironment('hello\nworld\nPATH=/bin\0A=1\nB=2\0_=/usr/bin/env\0')).toEqual({
      PATH: '/bin',
      A: '1\nB=2',
    });
    expect(parseEnvironment('nothing')).toBeNull();
  });
});

describe('user environment', () => {
  it('has nothing of the agent, and what programs count on', () => {
    const env = userEnvironment({
      JOH_BOOT_TOKEN: 'secret',
      npm_config_x: '1',
      NODE_OPTIONS: '--x',
      HOME: '/home/ada',
      SHELL: '/bin/zsh',
      JOY_OF_HARDWARE_CONTAINER: 'mark',
    });
    expect(env).toEqual({
      PATH: '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      HOME: '/home/ada',
      SHELL: '/bin/zsh',
      JOY_OF_HARDWARE_CONTAINER: 'mark',
    });
  });
});

describe('a program run to its end', () => {
  const options = { cwd: '/', deadlineMs: 10_000, outputBytesMax: 1000 };
  it('is bounded in time and in what it says, with its children', async () => {
    const quick = { ...options, deadlineMs: 50 };
    await expect(runToEnd(['sh', '-c', 'sleep 60 & sleep 60'], quick)).rejects.toMatchObject({
      code: 'E_PROCESS_FAILED',
    });
    await expect(runToEnd(['yes'], options)).rejects.toMatchObject({ code: 'E_PROCESS_FAILED' });
    const stop = AbortSignal.timeout(20);
    await expect(runToEnd(['sleep', '60'], { ...options, signal: stop })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await expect(runToEnd(['/no/such'], options)).rejects.toMatchObject({
      code: 'E_PROCESS_FAILED',
    });
  });

  it('gives what it said, and how it ended', async () => {
    const ended = await runToEnd(['sh', '-c', 'cat; echo no >&2; exit 4'], {
      ...options,
      input: 'hello',
    });
    expect(ended).toMatchObject({ exitCode: 4, signal: null, stderr: 'no\n' });
    expect(ended.stdout.toString()).toBe('hello');
  });
});
