/** Reading what the kernel says of this container, as pure functions over the files' text. */
import type { TelemetrySample } from '@joh/protocol';

/** The text of a file below the root, or null when it is not there. */
export type Read = (path: string) => Promise<string | null>;

export interface Reading {
  source: TelemetrySample['source'];
  /** CPU time used since an arbitrary start, in seconds. */
  cpuSeconds: number;
  /** Null when there is no limit but the machine's. */
  cpuLimitCores: number | null;
  memoryBytes: number;
  memoryLimitBytes: number | null;
  /** Processes that the kernel ended for memory, as far as it counts them. */
  oomKills: number;
}

/** The first of cgroup v2, cgroup v1 and /proc that answers. */
export async function readUsage(read: Read): Promise<Reading> {
  return (await readCgroupV2(read)) ?? (await readCgroupV1(read)) ?? (await readProc(read));
}

/** Linux Documentation/admin-guide/cgroup-v2.rst; a container sees its own group at the root. */
async function readCgroupV2(read: Read): Promise<Reading | null> {
  const at = 'sys/fs/cgroup';
  const [usage, cpu] = await Promise.all([read(`${at}/memory.current`), read(`${at}/cpu.stat`)]);
  if (usage === null || cpu === null) return null;
  const [quota, limit, stat, events] = await Promise.all([
    read(`${at}/cpu.max`),
    read(`${at}/memory.max`),
    read(`${at}/memory.stat`),
    read(`${at}/memory.events`),
  ]);
  const [max = 'max', period = '100000'] = (quota ?? '').trim().split(' ');
  return {
    source: 'cgroup-v2',
    cpuSeconds: field(cpu, 'usage_usec') / 1e6,
    cpuLimitCores: max === 'max' || max === '' ? null : Number(max) / Number(period),
    memoryBytes: Math.max(0, Number(usage) - field(stat, 'inactive_file')),
    memoryLimitBytes: limit === null || limit.trim() === 'max' ? null : Number(limit),
    oomKills: field(events, 'oom_kill'),
  };
}

/** Values above this are "no limit": v1 writes the largest number of whole pages. */
const unlimitedBytes = 2 ** 60;

/** Linux Documentation/admin-guide/cgroup-v1/{memory,cpuacct}.rst. */
async function readCgroupV1(read: Read): Promise<Reading | null> {
  const at = 'sys/fs/cgroup';
  const [usage, cpu] = await Promise.all([
    read(`${at}/memory/memory.usage_in_bytes`),
    read(`${at}/cpuacct/cpuacct.usage`),
  ]);
  if (usage === null || cpu === null) return null;
  const [quota, period, limit, stat, events] = await Promise.all([
    read(`${at}/cpu/cpu.cfs_quota_us`),
    read(`${at}/cpu/cpu.cfs_period_us`),
    read(`${at}/memory/memory.limit_in_bytes`),
    read(`${at}/memory/memory.stat`),
    read(`${at}/memory/memory.oom_control`),
  ]);
  const limitBytes = Number(limit ?? unlimitedBytes);
  const quotaUs = Number(quota ?? -1);
  return {
    source: 'cgroup-v1',
    cpuSeconds: Number(cpu) / 1e9,
    cpuLimitCores: quotaUs > 0 ? quotaUs / Number(period ?? 100_000) : null,
    memoryBytes: Math.max(0, Number(usage) - field(stat, 'total_inactive_file')),
    memoryLimitBytes: limitBytes >= unlimitedBytes ? null : limitBytes,
    oomKills: field(events, 'oom_kill'),
  };
}

/** USER_HZ of every Linux ABI, proc(5). */
const ticksPerSecond = 100;

/** The whole machine: proc(5), /proc/stat and /proc/meminfo. */
async function readProc(read: Read): Promise<Reading> {
  const [stat, memory] = await Promise.all([read('proc/stat'), read('proc/meminfo')]);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = (
    /^cpu +(.*)$/m.exec(stat ?? '')?.[1] ?? ''
  )
    .split(' ')
    .map(Number);
  const total = field(memory, 'MemTotal:') * 1024;
  return {
    source: 'proc',
    cpuSeconds: (user + nice + system + irq + softirq) / ticksPerSecond,
    cpuLimitCores: null,
    memoryBytes: Math.max(0, total - field(memory, 'MemAvailable:') * 1024),
    memoryLimitBytes: null,
    oomKills: 0,
  };
}

/** The number behind a word at the start of a line; 0 when it is not there. */
function field(text: string | null, name: string): number {
  for (const line of (text ?? '').split('\n')) {
    const [word, value] = line.split(/\s+/);
    if (word === name) return Number(value);
  }
  return 0;
}
