import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@joh/clock';
import { fakeClock, type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTelemetry, type Warning } from './telemetry.ts';

let folder: TemporaryFolder;
let warnings: Warning[];

beforeEach(async () => {
  folder = await temporaryFolder('telemetry');
  warnings = [];
});
afterEach(() => folder.remove());

/** Files as the kernel writes them, shortened to the lines that are read and some that are not. */
const cgroup2 = (usageUs: number, oomKills: number) => ({
  'sys/fs/cgroup/cpu.stat': `usage_usec ${usageUs}\nuser_usec 1\nsystem_usec 2\n`,
  'sys/fs/cgroup/cpu.max': '150000 100000\n',
  'sys/fs/cgroup/memory.current': '300000000\n',
  'sys/fs/cgroup/memory.max': '536870912\n',
  'sys/fs/cgroup/memory.stat': 'anon 1\nfile 5\ninactive_anon 7\ninactive_file 100000000\n',
  'sys/fs/cgroup/memory.events': `low 0\nhigh 0\nmax 12\noom 3\noom_kill ${oomKills}\n`,
});
const cgroup1 = (usageNs: number) => ({
  'sys/fs/cgroup/cpuacct/cpuacct.usage': `${usageNs}\n`,
  'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
  'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  'sys/fs/cgroup/memory/memory.usage_in_bytes': '300000000\n',
  'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  'sys/fs/cgroup/memory/memory.stat': 'inactive_file 1\ntotal_inactive_file 50000000\n',
  'sys/fs/cgroup/memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 0\n',
});
const proc = (user: number) => ({
  'proc/stat': `cpu  ${user} 0 100 99999 50 0 0 0 0 0\ncpu0 1 2 3\n`,
  'proc/meminfo': 'MemTotal:        1000 kB\nMemFree: 1 kB\nMemAvailable:     400 kB\n',
});

function write(files: Record<string, string>) {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

function telemetry(given?: { cores: number; memoryBytes: number }) {
  const clock = fakeClock();
  const made = createTelemetry({
    clock,
    fileSystem: folder.path,
    work: () => folder.path,
    ...(given ? { given } : {}),
    onWarning: (warning) => warnings.push(warning),
  });
  return { clock, sample: made.sample };
}

describe('telemetry', () => {
  it('reads cgroup v2, and names memory when a program was ended for it', async () => {
    const { clock, sample } = telemetry();
    write(cgroup2(1_000_000, 4));
    expect((await sample()).cpuCores).toBe(0);
    expect(warnings).toEqual([]);
    await clock.advance(2000);
    write(cgroup2(4_000_000, 5));
    expect(await sample()).toEqual({
      cpuCores: 1.5,
      cpuLimitCores: 1.5,
      memoryBytes: 200_000_000,
      memoryLimitBytes: 536_870_912,
      source: 'cgroup-v2',
    });
    expect(warnings).toMatchObject([
      { severity: 'error', text: expect.stringContaining('512 MiB') },
    ]);
    await sample();
    expect(warnings).toHaveLength(1);
  });

  it('reads cgroup v1, where no limit is a very large one', async () => {
    const { clock, sample } = telemetry({ cores: 1, memoryBytes: 512 * 2 ** 20 });
    write({ ...proc(1), ...cgroup1(1e9) });
    await sample();
    await clock.advance(1000);
    write(cgroup1(1.25e9));
    expect(await sample()).toEqual({
      cpuCores: 0.25,
      cpuLimitCores: 1,
      memoryBytes: 250_000_000,
      memoryLimitBytes: 512 * 2 ** 20,
      source: 'cgroup-v1',
    });
  });

  it('falls back to /proc, and to the machine where there is no limit', async () => {
    const { clock, sample } = telemetry();
    write(proc(100));
    await sample();
    await clock.advance(1000);
    write(proc(150));
    expect(await sample()).toEqual({
      cpuCores: 0.5,
      cpuLimitCores: availableParallelism(),
      memoryBytes: 600 * 1024,
      memoryLimitBytes: totalmem(),
      source: 'proc',
    });
  });

  it('is never negative, also when a counter starts anew', async () => {
    const { clock, sample } = telemetry();
    write(cgroup2(9_000_000, 9));
    await sample();
    await clock.advance(1000);
    write(cgroup2(1_000, 0));
    rmSync(join(folder.path, 'sys/fs/cgroup/memory.stat'));
    expect(await sample()).toMatchObject({ cpuCores: 0, memoryBytes: 300_000_000 });
    expect(warnings).toEqual([]);
  });

  it('reads this machine', async () => {
    const clock = systemClock();
    const { sample } = createTelemetry({ clock, work: () => '/', onWarning: () => undefined });
    await sample();
    const until = clock.monotonic() + 100;
    while (clock.monotonic() < until);
    const now = await sample();
    expect(now.cpuCores).toBeGreaterThan(0.1);
    expect(now.memoryBytes).toBeGreaterThan(2 ** 20);
    expect(now.memoryLimitBytes).toBeGreaterThanOrEqual(now.memoryBytes);
  });
});
