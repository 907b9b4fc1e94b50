/** What a process has used, as Linux counts it (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Length of a clock tick of `/proc/<pid>/stat`: USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;

/** CPU time of a process and all its threads so far, in milliseconds, user and system together. */
export function cpuMs(pid: number): number {
  return (fieldOf(pid, 14) + fieldOf(pid, 15)) * tickMs;
}

/** How long ago a process started, in milliseconds; steps of a clock tick. */
export function ageMs(pid: number): number {
  const [uptimeSeconds = '0'] = readFileSync('/proc/uptime', 'utf8').split(' ');
  return Number(uptimeSeconds) * 1000 - fieldOf(pid, 22) * tickMs;
}

/** A number of `/proc/<pid>/stat`, counted from 1 as in the manual. */
function fieldOf(pid: number, place: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; it is the second field.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[place - 3]);
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
