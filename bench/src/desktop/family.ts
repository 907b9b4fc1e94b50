import { processesNaming } from '@joh/testkit';
import { memoryOf } from '../process-usage.ts';

/** What all processes with a place in their environment hold, in MiB. */
export interface FamilyMemory {
  processes: number;
  /** Pages that several of them share are counted once for each, as `ps` does. */
  rss: number;
  /** Pages that several share are divided among them. */
  pss: number;
}

/** `except`: a command that only measures. */
export function memoryOfFamily(place: string, except: RegExp): FamilyMemory {
  const each = processesNaming(place)
    .filter(({ command }) => !except.test(command))
    .flatMap(({ pid }) => {
      try {
        return [memoryOf(pid)];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
  return {
    processes: each.length,
    rss: each.reduce((sum, { rss }) => sum + rss, 0),
    pss: each.reduce((sum, { pss }) => sum + pss, 0),
  };
}
