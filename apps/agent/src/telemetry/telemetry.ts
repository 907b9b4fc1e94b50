/** Samples of what the container uses, and what to warn of. */
import { readFile, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import type { TelemetrySample } from '@joh/protocol';
import { limits } from '#limits';
import { type Reading, readUsage } from './readings.ts';

export interface Telemetry {
  /** Cores are those used since the sample before; 0 in the first. */
  sample(): Promise<TelemetrySample>;
}

export interface Warning {
  severity: 'error' | 'warning';
  text: string;
}

export interface TelemetryOptions {
  clock: Clock;
  /** Limits that hold where no cgroup says any. */
  given?: { cores: number | null; memoryBytes: number | null };
  /** Root of `/sys` and `/proc`. */
  fileSystem?: string;
  /** Folder whose disk is watched. */
  work: () => string;
  onWarning: (warning: Warning) => void;
}

export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { clock, fileSystem = '/', onWarning } = options;
  const read = (path: string) => readFile(join(fileSystem, path), 'utf8').catch(() => null);
  let before: { reading: Reading; atMs: number } | null = null;
  let diskWarned = false;
  const watchDisk = async () => {
    const disk = await statfs(options.work()).catch(() => null);
    if (!disk) return;
    const freeBytes = disk.bavail * disk.bsize;
    if (freeBytes >= 2 * limits.diskFreeWarningBytes) diskWarned = false;
    if (diskWarned || freeBytes >= limits.diskFreeWarningBytes) return;
    diskWarned = true;
    const mebibytes = Math.floor(freeBytes / 2 ** 20);
    onWarning({
      severity: 'warning',
      text: `The disk is almost full: ${mebibytes} MiB are free. Delete files you do not need, or saving will fail.`,
    });
  };
  return {
    sample: async () => {
      const reading = await readUsage(read);
      const atMs = clock.monotonic();
      const memoryLimitBytes = Math.min(
        reading.memoryLimitBytes ?? options.given?.memoryBytes ?? totalmem(),
        totalmem(),
      );
      if (before && reading.oomKills > before.reading.oomKills) {
        onWarning({ severity: 'error', text: memoryText(memoryLimitBytes) });
      }
      const cpuCores = coresBetween(before, { reading, atMs });
      before = { reading, atMs };
      await watchDisk();
      return {
        cpuCores,
        cpuLimitCores: reading.cpuLimitCores ?? options.given?.cores ?? availableParallelism(),
        memoryBytes: reading.memoryBytes,
        memoryLimitBytes,
        source: reading.source,
      };
    },
  };
}

function memoryText(limitBytes: number): string {
  const mebibytes = Math.round(limitBytes / 2 ** 20);
  return `The memory of the container (${mebibytes} MiB) ran out, and a program was ended by the system. The session, its terminals and your files go on.`;
}

function coresBetween(
  before: { reading: Reading; atMs: number } | null,
  now: { reading: Reading; atMs: number },
): number {
  if (!before || now.atMs <= before.atMs) return 0;
  const used = now.reading.cpuSeconds - before.reading.cpuSeconds;
  return Math.max(0, (used * 1000) / (now.atMs - before.atMs));
}
