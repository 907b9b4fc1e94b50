import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFrontendClient, type FrontendClient } from '@joh/client';
import { temporaryFolder, waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { frontendFlags, root, startProgram } from '../child.ts';

export interface Product {
  url: string;
  /** Signed in. */
  client: FrontendClient;
  person: { email: string; password: string };
}

/** FrontendMaster as a user starts it, with the local engine; all of it goes with the bench. */
export async function startProduct({ clock, cleanUp }: BenchContext): Promise<Product> {
  const folder = await temporaryFolder('joh-bench');
  cleanUp(folder.remove);
  const child = await startProgram(
    process.execPath,
    [...frontendFlags(), join(root, 'apps/frontend-master/src/main.ts')],
    {
      ...process.env,
      JOH_DATA: folder.path,
      JOH_HOST: '127.0.0.1',
      JOH_PORT: '0',
      JOH_ENGINE: 'local',
      JOH_LOG: 'warn',
    },
  );
  cleanUp(async () => {
    // Ended in order, the local engine ends its containers; what is left all the same is named here.
    await child.end();
    for (const pid of processesOf(folder.path)) kill(pid);
  });
  const address = /http:\/\/127\.0\.0\.1:\d+/;
  const listening = waitFor(() => address.exec(child.output())?.[0], {
    deadlineMs: 60_000,
    what: 'FrontendMaster prints its address',
  });
  const url = await Promise.race([listening, child.ended]);
  const client = createFrontendClient({
    ...{ url, clock, token: null },
    fetch: (to, init) => fetch(to, init),
  });
  const person = { email: 'ada@example.com', password: 'correct horse battery' };
  await client.signUp({ ...person, name: 'ada' });
  return { url, client, person };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Processes whose arguments or environment name the folder. */
function processesOf(folder: string): number[] {
  const names = (pid: string) => {
    try {
      const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
      return read('cmdline').includes(folder) || read('environ').includes(folder);
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && names(name))
    .map(Number);
}
