import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@joh/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { insideTerminal, loginTerminal } from './terminal-shell.ts';

const before = "/nix/store/x/bin:/it's here/bin:";
const changes = { PATH: { before, after: '' } };

it('keeps the shell’s tools before what the user’s own bashrc finds, and says where one is', async () => {
  const folder = await temporaryFolder('terminal-shell');
  onTestFinished(folder.remove);
  const home = join(folder.path, 'home');
  mkdirSync(home);
  writeFileSync(join(home, '.bashrc'), `PATH=/mine:/usr/bin:/bin\nPS1='mine$ '\n`);
  const env = { HOME: home, SHELL: '/bin/bash', PATH: `${before}/usr/bin:/bin` };
  const { argv, shell } = await insideTerminal({ env, shell: 'abc', changes }, folder.path);
  expect(shell).toBe('abc');
  const [program = '', ...args] = argv;
  const say = ['-i', '-c', 'printf "%s\\n" "$PATH" "$PS1"'];
  const said = execFileSync(program, [...args, ...say], {
    ...{ env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  });
  const [path, prompt] = said.split('\n');
  expect(path).toBe(`${before}/mine:/usr/bin:/bin`);
  expect(prompt).toMatch(/\[nix-shell\].* mine\$ $/);
});

it('starts other shells as they are, and a login shell where there is no shell of the project', async () => {
  const env = { SHELL: '/usr/bin/fish', PATH: '/bin' };
  expect(await insideTerminal({ env, shell: 'abc', changes }, '/nowhere')).toEqual({
    ...{ env, argv: ['/usr/bin/fish'], shell: 'abc' },
  });
  expect(loginTerminal(env)).toEqual({ env, argv: ['/usr/bin/fish', '-l'], shell: null });
});
