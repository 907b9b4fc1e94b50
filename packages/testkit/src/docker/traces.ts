/**
 * Everything that daemons of a test leave on the machine, found by the name that all of it bears:
 * processes in its namespaces and cgroups, links, cgroups, mounts, namespaces, the folder.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

export interface Traces {
  /** As of `Claim`. */
  name: string;
  folder: string;
}

const cgroupRoot = '/sys/fs/cgroup';
const goneTimeoutMs = 20_000;

/** What is left of it now, for people: one line a thing. */
export function tracesOf(traces: Traces): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return [
    ...processesOf(traces).map((pid) => `process ${pid} ${commandOf(pid)}`),
    ...namespacesOf(traces).map((name) => `namespace ${name}`),
    ...linksOf(traces).map((name) => `link ${name}`),
    ...cgroupsOf(traces).map((path) => `cgroup ${path}`),
    ...mounts.filter((line) => line.includes(traces.folder)).map((line) => `mount ${line}`),
    ...(existsSync(traces.folder) ? [`folder ${traces.folder}`] : []),
  ];
}

/**
 * Removes all of it, daemons and containers by SIGKILL, and returns when it is gone. Synchronous: a
 * process that does nothing else runs it.
 */
export function removeTraces(traces: Traces): void {
  const until = performance.now() + goneTimeoutMs;
  const retried = (what: string, work: () => boolean) => {
    while (!work()) {
      if (performance.now() > until) throw new Error(`${what}: ${tracesOf(traces).join('\n')}`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  };
  retried('processes stay', () => {
    const left = processesOf(traces);
    for (const pid of left) kill(pid);
    return left.length === 0;
  });
  for (const link of linksOf(traces)) spawnSync('ip', ['link', 'del', link]);
  retried('cgroups stay', () => cgroupsOf(traces).every(removeGroup));
  rmSync(traces.folder, { recursive: true, force: true, maxRetries: 10 });
  // The claim last: until then nobody else takes the name.
  for (const name of namespacesOf(traces).toReversed()) spawnSync('ip', ['netns', 'del', name]);
  retried('something stays', () => tracesOf(traces).length === 0);
}

/** False for what has ended and only its parent's wait is missing. */
export function isRunning(pid: number): boolean {
  try {
    return pid > 0 && !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Those in its network namespaces (daemons and what tests run beside them) and cgroups (containers). */
function processesOf(traces: Traces): number[] {
  const networks = new Set(namespacesOf(traces).map((name) => inode(statOf(`/run/netns/${name}`))));
  const held = new Set(cgroupsOf(traces).flatMap(groupProcesses));
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid)
    .filter((pid) => held.has(pid) || networks.has(inode(statOf(`/proc/${pid}/ns/net`))))
    .filter(isRunning);
}

const statOf = (path: string) => statSync(path, { throwIfNoEntry: false, bigint: false });

/** Namespaces are told apart by inode. */
function inode(stat: Stats | undefined): number {
  return stat?.ino ?? -1;
}

/** The claim's own namespace is first: it ends in 0 and sorts before letters. */
function namespacesOf({ name }: Traces): string[] {
  const folder = '/run/netns';
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((entry) => entry.startsWith(name))
    .sort();
}

/** Of this process's own network namespace, which `/sys/class/net` need not be: see sysfs(5). */
function linksOf({ name }: Traces): string[] {
  return readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .map((line) => line.split(':', 1)[0]?.trim() ?? '')
    .filter((entry) => entry.startsWith(name));
}

/** Version 1 has one a controller, version 2 one. */
function cgroupsOf({ name }: Traces): string[] {
  const places = [cgroupRoot, ...readdirSync(cgroupRoot).map((entry) => join(cgroupRoot, entry))];
  return places
    .filter((place) => statOf(place)?.isDirectory())
    .flatMap((place) =>
      readdirSync(place)
        .filter((entry) => entry.startsWith(name))
        .map((entry) => join(place, entry)),
    );
}

function groupProcesses(group: string): number[] {
  try {
    const own = readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
    return [...own.map(Number), ...childGroups(group).flatMap(groupProcesses)];
  } catch {
    return [];
  }
}

function childGroups(group: string): string[] {
  return readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(group, entry.name));
}

/** False while something is still ending in it. */
function removeGroup(group: string): boolean {
  try {
    if (!childGroups(group).every(removeGroup)) return false;
    rmdirSync(group);
    return true;
  } catch {
    return !existsSync(group);
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 160);
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
