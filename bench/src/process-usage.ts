/** What a process has used, as Linux counts it (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Length of a clock tick of `/proc/<pid>/stat`: USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

/** CPU time of a process and all its threads so far, in milliseconds, user and system together. */
export function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; utime and stime are the 14th and 15th fields.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

export interface Memory {
  /** Resident, pages shared with others counted whole. MiB. */
  rss: number;
  /** Resident, pages shared with others divided among them. MiB. */
  pss: number;
  /** Resident and nobody else's. MiB. */
  private: number;
}

/** Memory of one process. */
export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;
  return {
    rss: mib('Rss'),
    pss: mib('Pss'),
    private: mib('Private_Clean') + mib('Private_Dirty'),
  };
}

/** Direct children of a process. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number),
  );
}
