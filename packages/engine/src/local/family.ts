/** Which processes belong to a container: a pure decision over the process table. */
import type { ProcessRow } from './process-table.ts';

export interface FamilyMarks {
  /** The container's first process and everything known to be of it. */
  roots: ReadonlySet<number>;
  /** Processes whose environment carries the container's mark. */
  marked: ReadonlySet<number>;
  /** Sessions (setsid(2)) seen in the family before, for orphans of members that are gone. */
  sessions: ReadonlySet<number>;
  /** Never members: FrontendMaster itself and its session. */
  self: { pid: number; session: number };
}

/**
 * Members alive: roots, the marked, their descendants, and whoever is in a session of theirs. What
 * left the session, dropped its environment and lost its parent is found only by the pid namespace
 * that bubblewrap gives.
 */
export function familyOf(rows: readonly ProcessRow[], marks: FamilyMarks): ProcessRow[] {
  const { roots, marked, self } = marks;
  const members = new Set([...roots, ...marked]);
  const sessions = new Set(marks.sessions);
  const may = (row: ProcessRow) => row.pid !== self.pid && row.pid > 1;
  for (let before = -1; before !== members.size + sessions.size; ) {
    before = members.size + sessions.size;
    for (const row of rows) {
      if (!may(row)) continue;
      const belongs = members.has(row.pid) || members.has(row.parent) || sessions.has(row.session);
      if (!belongs) continue;
      members.add(row.pid);
      if (row.session !== self.session && row.session > 1) sessions.add(row.session);
    }
  }
  return rows.filter((row) => members.has(row.pid) && may(row) && !row.zombie);
}
