/** Ends every process of a container and removes what it wrote. */
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import { type ContainerId, fault } from '@joh/protocol';
import { limits } from '../limits.ts';
import { familyOf } from './family.ts';
import { mark } from './mark.ts';
import { type ProcessRow, readEnvironment, readProcess, readProcesses } from './process-table.ts';

/**
 * Asks politely (HUP for shells, TERM for the rest), then kills whatever is left, looking again until
 * nothing is: what forks meanwhile is found in the next look.
 * @param root the first process, if it is alive.
 * @throws E_ENGINE_REFUSED when processes do not end (one stuck in the kernel).
 */
export async function endProcesses(
  clock: Clock,
  id: ContainerId,
  root: number | null,
  signal: AbortSignal,
): Promise<void> {
  const look = familyLooker(id, root);
  let family = await look();
  for (const { pid } of family) {
    send(pid, 'SIGHUP');
    send(pid, 'SIGTERM');
  }
  const killAt = clock.monotonic() + limits.politenessMs;
  const failAt = killAt + limits.killTimeoutMs;
  while (family.length > 0) {
    signal.throwIfAborted();
    const now = clock.monotonic();
    if (now >= failAt) {
      const pids = family.map(({ pid }) => pid).join(', ');
      throw fault('E_ENGINE_REFUSED', { reason: `processes of ${id} do not end: ${pids}` });
    }
    if (now >= killAt) for (const { pid } of family) send(pid, 'SIGKILL');
    await clock.sleep(limits.lookAgainMs, signal);
    family = await look();
  }
}

/** Removes a folder, also one with folders that their owner made read-only (a Nix store, a Go cache). */
export async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    await makeWritable(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

function familyLooker(id: ContainerId, root: number | null): () => Promise<ProcessRow[]> {
  const roots = new Set(root === null ? [] : [root]);
  const sessions = new Set<number>();
  const variable = `${mark}=${id}`;
  return async () => {
    const rows = await readProcesses();
    const own = await readProcess(process.pid);
    const self = { pid: process.pid, session: own?.session ?? 0 };
    const marked = new Set<number>();
    await Promise.all(
      rows.map(async ({ pid }) => {
        if ((await readEnvironment(pid)).includes(variable)) marked.add(pid);
      }),
    );
    const family = familyOf(rows, { roots, marked, sessions, self });
    for (const { session } of family) if (session !== self.session) sessions.add(session);
    return family;
  };
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself.
  }
}

async function makeWritable(path: string): Promise<void> {
  await chmod(path, 0o700);
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(path, entry.name));
  }
}
