/** Which session this container serves: one, once, and never an older claim of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fault, type Prepare, prepare } from '@joh/protocol';
import { z } from 'zod';
import { keepSecret } from '#workspace';

const prepared = z.object({ given: prepare, root: z.string() });
export interface Prepared {
  given: Prepare;
  root: string;
}

export interface Preparation {
  /** What was prepared, also before a restart of the agent. */
  current(): Prepared | null;
  /**
   * Does the work once for each epoch; the same epoch again gets the same answer. Throws
   * `E_SESSION_EPOCH_OLD` for a lower epoch, `E_SESSION_PREPARE_FAILED` for another session.
   */
  prepare(given: Prepare): Promise<Prepared>;
}

/** `work` makes the working copy; `onPrepared` hears of each new epoch before it is answered. */
export async function createPreparation(options: {
  folder: string;
  work: (given: Prepare) => Promise<string>;
  onPrepared: (now: Prepared) => void;
}): Promise<Preparation> {
  const path = join(options.folder, 'session.json');
  let current: Prepared | null = await readPrepared(path);
  let running: { given: Prepare; done: Promise<Prepared> } | null = null;
  const start = async (given: Prepare): Promise<Prepared> => {
    const now = { given, root: await options.work(given) };
    await keepSecret(path, JSON.stringify(now));
    current = now;
    options.onPrepared(now);
    return now;
  };
  if (current) options.onPrepared(current);
  return {
    current: () => current,
    prepare: async (given) => {
      const before = running?.given ?? current?.given;
      if (before && before.session !== given.session) {
        throw fault('E_SESSION_PREPARE_FAILED', { reason: 'the container serves another session' });
      }
      if (before && given.epoch < before.epoch) throw fault('E_SESSION_EPOCH_OLD');
      if (running?.given.epoch === given.epoch) return running.done;
      if (!running && current?.given.epoch === given.epoch) return current;
      const earlier = running?.done.catch(() => undefined);
      const mine = { given, done: Promise.resolve(earlier).then(() => start(given)) };
      running = mine;
      try {
        return await mine.done;
      } finally {
        if (running === mine) running = null;
      }
    },
  };
}

async function readPrepared(path: string): Promise<Prepared | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  const parsed = prepared.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}
