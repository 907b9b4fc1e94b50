import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '@joh/clock';
import { type FakeFrontend, temporaryFolder, waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { root, startProgram } from '../child.ts';

export interface Container {
  agentPid: number;
  hostPid: number;
  /** From starting the agent's process to its registration. */
  registeredMs: number;
  end(): Promise<void>;
}

const bundle = join(root, 'apps/agent/dist');

/** The two processes of a warm container, started as its first process does, the pty host first. */
export async function startContainer(
  { clock, random, cleanUp }: BenchContext,
  frontend: Pick<FakeFrontend, 'url' | 'registrations'>,
): Promise<Container> {
  if (!existsSync(join(bundle, 'agent.js'))) {
    throw new Error('the agent is not built: npm run -w apps/agent build');
  }
  const folder = await temporaryFolder('joh-bench');
  cleanUp(folder.remove);
  const at = (name: string) => join(folder.path, name);
  for (const name of ['work', 'run', 'home']) await mkdir(at(name), { mode: 0o700 });
  await writeFile(at('run/boot-token'), 'boot-token', { mode: 0o600 });
  const id = newId('container', random);
  const environment = {
    PATH: process.env.PATH,
    HOME: at('home'),
    JOH_FRONTEND_URL: frontend.url,
    JOH_CONTAINER_ID: id,
    JOH_BOOT_TOKEN_FILE: at('run/boot-token'),
    JOH_WORK: at('work'),
    JOH_RUN: at('run'),
    JOH_PTY_HOST: at('run/pty-host.sock'),
  };
  const start = (name: string) => startProgram(process.execPath, [join(bundle, name)], environment);
  const host = await start('pty-host.js');
  cleanUp(host.end);
  await waitFor(() => existsSync(environment.JOH_PTY_HOST), { what: 'the pty host listens' });
  const started = clock.monotonic();
  const agent = await start('agent.js');
  cleanUp(agent.end);
  const registered = waitFor(
    () => frontend.registrations.some(({ container }) => container === id),
    { what: 'the agent registers', deadlineMs: 15_000 },
  );
  await Promise.race([registered, agent.ended]);
  return {
    agentPid: agent.pid,
    hostPid: host.pid,
    registeredMs: clock.monotonic() - started,
    async end() {
      await agent.end();
      await host.end();
      await folder.remove();
    },
  };
}
