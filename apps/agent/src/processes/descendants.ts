/** Programs that a process started, directly or not, for ends that must leave none of them. */
import { readdir, readFile } from 'node:fs/promises';

export interface Descendant {
  pid: number;
  parent: number;
  /** Start time in ticks: with the pid it names one process, also when pids come round. */
  startedAt: string;
}

/** Of Linux's /proc; nothing elsewhere, where what was started is asked to end and no more. */
export async function descendants(of: number): Promise<Descendant[]> {
  const names = await readdir('/proc').catch(() => []);
  const rows = (await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readRow))).filter(
    (row) => row !== null,
  );
  const found: Descendant[] = [];
  let parents = [of];
  while (parents.length > 0) {
    const next = rows.filter(({ parent }) => parents.includes(parent));
    found.push(...next);
    parents = next.map(({ pid }) => pid);
  }
  return found;
}

/** Whether it runs, and is no later process of the same number. */
export async function isStillThere({ pid, startedAt }: Descendant): Promise<boolean> {
  return (await readRow(String(pid)))?.startedAt === startedAt;
}

/** Kills those that still are what they were. */
export async function killRemaining(rows: readonly Descendant[]): Promise<void> {
  for (const row of rows) {
    if (!(await isStillThere(row))) continue;
    try {
      process.kill(row.pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
}

/** proc(5), /proc/pid/stat: the name is in parentheses and may hold any; field 4 and field 22. */
async function readRow(name: string): Promise<Descendant | null> {
  const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => null);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const [, parent, , , , , , , , , , , , , , , , , , startedAt] = fields ?? [];
  if (!parent || !startedAt) return null;
  return { pid: Number(name), parent: Number(parent), startedAt };
}
