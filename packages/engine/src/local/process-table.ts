/** The machine's processes, from Linux's /proc (proc(5)). */
import { readdir, readFile } from 'node:fs/promises';

export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** Clock ticks since boot; together with pid and boot it names a process for ever. */
  startTicks: number;
  zombie: boolean;
}

/** Every process that can be read now. */
export async function readProcesses(): Promise<ProcessRow[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(names.map((name) => readProcess(Number(name))));
  return rows.filter((row) => row !== null);
}

/** One process; null when there is none. */
export async function readProcess(pid: number): Promise<ProcessRow | null> {
  try {
    return parseStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** Parses /proc/<pid>/stat. The second field is the program's name: anything, in parentheses. */
export function parseStat(text: string): ProcessRow {
  const after = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (field: number) => Number(after[field - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parent: number(4),
    group: number(5),
    session: number(6),
    startTicks: number(22),
    zombie: after[0] === 'Z' || after[0] === 'X',
  };
}

/** The environment a process was started with; empty where it may not be read. */
export async function readEnvironment(pid: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0');
  } catch {
    return [];
  }
}

/** Changes with every boot of the machine. */
export async function readBoot(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}
