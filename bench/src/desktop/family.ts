import { basename } from 'node:path';
import { processesNaming } from '@joh/testkit';
import { memoryOf } from '../process-usage.ts';

/** What all processes with a place in their environment hold, in MiB. */
export interface FamilyMemory {
  processes: number;
  /** Pages that several of them share are counted once for each, as `ps` does. */
  rss: number;
  /** Pages that several share are divided among them. */
  pss: number;
  /** RSS by the program's name, the largest first. */
  byProgram: [name: string, rss: number][];
}

/** `except`: a command that only measures. */
export function memoryOfFamily(place: string, except: RegExp): FamilyMemory {
  const each = processesNaming(place)
    .filter(({ command }) => !except.test(command))
    .flatMap(({ pid, command }) => {
      try {
        return [{ ...memoryOf(pid), name: nameOf(command) }];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
  const byProgram: Record<string, number> = {};
  for (const { name, rss } of each) byProgram[name] = (byProgram[name] ?? 0) + rss;
  return {
    processes: each.length,
    rss: each.reduce((sum, { rss }) => sum + rss, 0),
    pss: each.reduce((sum, { pss }) => sum + pss, 0),
    byProgram: Object.entries(byProgram).toSorted(([, a], [, b]) => b - a),
  };
}

/** The program, and of a Node process its script. */
function nameOf(command: string): string {
  const [program = '', script = ''] = command.split(' ');
  const name = basename(program);
  return name.startsWith('node') ? `node ${basename(script)}` : name;
}
