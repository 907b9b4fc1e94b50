import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { createNixMachine, type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger, readConfiguration } from '#platform';
import { type FrontendMaster, startFrontendMaster } from '../frontend-master.ts';

/** A netrc file ends a word at a space. */
const password = 'correct-horse-battery';
const expression = `derivation {
  name = "thing"; system = "x86_64-linux"; builder = "/bin/sh";
  args = [ "-c" "echo building thing; echo hello > $out" ];
}`;

describe('the cache of a running FrontendMaster', () => {
  let folder: TemporaryFolder;
  let fm: FrontendMaster;
  let file: string;
  const start = () =>
    startFrontendMaster({
      configuration: readConfiguration({
        JOH_DATA: join(folder.path, 'data'),
        JOH_ENGINE: 'fake:failing',
        JOH_PORT: '0',
      }).values,
      environment: {},
      root: join(import.meta.dirname, '..', '..', '..', '..'),
      clock: systemClock(),
      random: systemRandom(),
      logger: createLogger({ level: 'silent' }),
    });

  beforeEach(async () => {
    folder = await temporaryFolder('joh-cache');
    file = join(folder.path, 'default.nix');
    await writeFile(file, expression);
    fm = await start();
  });
  afterEach(async () => {
    await fm.stop();
    await folder.remove();
  });

  const signUp = async (name: string) => {
    const response = await fetch(`${fm.url}/api/auth/sign-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, email: `${name}@example.org`, password }),
    });
    expect(response.status).toBe(201);
  };
  let count = 0;
  const newMachine = async (name: string) => {
    count += 1;
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
    const keys = await fetch(`${fm.url}/cache/${name}/public-keys`, { headers: { authorization } });
    const machine = await createNixMachine({
      folder: join(folder.path, `machine-${count}`),
      configuration: [
        `substituters = ${fm.url}/cache/${name}`,
        `trusted-public-keys = ${(await keys.text()).replaceAll('\n', ' ')}`,
      ],
    });
    await machine.signIn('127.0.0.1', name, password);
    return machine;
  };

  it('gives one machine what another has built, over a restart, and others nothing', async () => {
    for (const name of ['ada', 'bob']) await signUp(name);
    const first = await newMachine('ada');
    const { path } = await first.build(file);
    const to = (name: string) => `${fm.url}/cache/${name}?compression=zstd`;
    expect(await first.nix('copy', '--to', to('ada'), path)).toMatchObject({ exitCode: 0 });
    expect(await first.nix('copy', '--to', to('bob'), path)).toMatchObject({ exitCode: 1 });
    await fm.stop();
    fm = await start();
    const { log } = await (await newMachine('ada')).build(file);
    expect(log).not.toContain('building thing');
    const bob = await newMachine('bob');
    expect((await bob.build(file)).log).toContain('building thing');
    // The first account is the operator: what it puts into the base is everybody's.
    const operator = await newMachine('ada');
    await operator.build(file);
    expect(await operator.nix('copy', '--to', to('base'), path)).toMatchObject({ exitCode: 0 });
    expect((await (await newMachine('bob')).build(file)).log).not.toContain('building thing');
    await writeFile(file, expression.replace('hello', 'other'));
    const other = await bob.build(file);
    expect(await bob.nix('copy', '--to', to('base'), other.path)).toMatchObject({ exitCode: 1 });
  });
});
