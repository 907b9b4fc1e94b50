/** Shells that are known already, here or from FrontendMaster, and whether one of them fits. */
import { access } from 'node:fs/promises';
import type { Clock } from '@joh/clock';
import type { ShellRecord } from '@joh/protocol';
import type { Environment, Places } from './environment-change.ts';
import type { FrontendRecords } from './frontend-records.ts';
import { takeDigests } from './input-digests.ts';
import type { RecordFolder } from './record-folder.ts';
import { changedInputs, decideReuse, inputsOf } from './shell-record.ts';

export interface KnownShell {
  record: ShellRecord;
  /** Store paths that are not here. */
  missing: string[];
}

export interface KnownShells {
  /** What fits of this container's records; and the one that was used last, if it can be used. */
  here(place: string, now: Now): Promise<{ fitting: KnownShell | null; last: ShellRecord | null }>;
  /** What fits of FrontendMaster's. @throws the signal's reason */
  elsewhere(place: string, now: Now, signal: AbortSignal): Promise<KnownShell | null>;
  /** Durable here before it resolves; given to FrontendMaster in the background. */
  keep(place: string, record: ShellRecord, from: 'evaluation' | 'frontend'): Promise<void>;
  used(place: string, record: ShellRecord): void;
}

/** What a record is compared with. */
export interface Now {
  env: Environment;
  places: Places;
}

export function createKnownShells(options: {
  records: RecordFolder;
  frontend: FrontendRecords;
  clock: Clock;
}): KnownShells {
  const { records, frontend, clock } = options;
  const fittingOf = async (some: readonly ShellRecord[], now: Now): Promise<KnownShell | null> => {
    const taken = await takeDigests(inputsOf(some), now);
    const record = taken && decideReuse(some, taken.digests, clock.now());
    return record ? { record, missing: await missingPaths(record) } : null;
  };
  return {
    here: async (place, now) => {
      const some = await records.list(place);
      const fitting = await fittingOf(some, now);
      if (fitting?.missing.length === 0) return { fitting, last: fitting.record };
      for (const record of some)
        if ((await missingPaths(record)).length === 0) return { fitting, last: record };
      return { fitting, last: null };
    },
    elsewhere: async (place, now, signal) => fittingOf(await frontend.list(place, signal), now),
    keep: async (place, record, from) => {
      await records.keep(place, record);
      if (from === 'evaluation') frontend.offer(place, record).catch(() => undefined);
    },
    used: (place, record) => void records.touch(place, record),
  };
}

/** What a shell in use depends on and has changed. Null: too much to hash. */
export async function changesSince(
  record: Pick<ShellRecord, 'inputs'>,
  now: Now,
): Promise<string[] | null> {
  const taken = await takeDigests(inputsOf([record]), now);
  return taken && changedInputs(record, taken.digests);
}

async function missingPaths({ paths }: ShellRecord): Promise<string[]> {
  const missing = await Promise.all(
    paths.map(async (path) => ((await isThere(path)) ? [] : [path])),
  );
  return missing.flat();
}

export function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
