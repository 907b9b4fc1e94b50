/** A process that removes a test's daemons when it is told, or when the test's process is gone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { removeTraces, type Traces } from './traces.ts';

export interface Keeper {
  /** Removes everything; rejects with what stayed. */
  remove(): Promise<void>;
}

/** Starts it, before there is more to remove than the claim. */
export async function startKeeper(traces: Traces): Promise<Keeper> {
  const { name, folder } = traces;
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'keeper-main.ts'), name, folder],
    {
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
      env: { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin' },
    },
  );
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words += text;
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the test's daemons were not removed (${code}): ${words}`));
    });
  });
  ended.catch(() => undefined);
  await once(child, 'spawn').catch((error: unknown) => {
    removeTraces(traces);
    throw error;
  });
  // The test's process may end without a word.
  child.unref();
  for (const pipe of [child.stdin, child.stderr]) (pipe as Partial<{ unref(): void }>).unref?.();
  return {
    remove() {
      child.ref();
      child.stdin.end();
      return ended;
    },
  };
}
