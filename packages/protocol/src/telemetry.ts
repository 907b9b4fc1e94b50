/** What a container uses, as its own cgroup (or /proc) says. */
import { z } from 'zod';

export const telemetrySample = z.object({
  /** Cores used since the last sample, e.g. 1.5. */
  cpuCores: z.number().nonnegative(),
  cpuLimitCores: z.number().positive(),
  /** Usage less inactive file cache. */
  memoryBytes: z.number().nonnegative(),
  memoryLimitBytes: z.number().positive(),
  /** Where the figures come from. */
  source: z.enum(['cgroup-v1', 'cgroup-v2', 'proc']),
  /** Store paths on their way to the Nix cache; missing where nothing is pushed. */
  cache: z
    .object({
      /** Or under way. */
      waiting: z.number().int().nonnegative(),
      pushed: z.number().int().nonnegative(),
      /** Given up. */
      failed: z.number().int().nonnegative(),
    })
    .optional(),
});
export type TelemetrySample = z.infer<typeof telemetrySample>;
