/** The few fields read from Docker's answers. */
import { containerClass, containerId } from '@joh/protocol';
import { z } from 'zod';
import { labels } from './container-request.ts';

export const daemonInformation = z.object({
  Name: z.string(),
  NCPU: z.number(),
  MemTotal: z.number(),
  MemoryLimit: z.boolean().optional(),
  CpuCfsQuota: z.boolean().optional(),
  PidsLimit: z.boolean().optional(),
});

const ourLabels = z.object({
  [labels.container]: containerId,
  [labels.class]: containerClass.catch('standard'),
  [labels.image]: z.string().nullable().catch(null),
});

export const listedContainers = z.array(
  z.object({
    Id: z.string(),
    Labels: z.record(z.string(), z.string()),
    State: z.string(),
    Status: z.string(),
    /** Seconds since 1970. */
    Created: z.number(),
  }),
);
export type ListedContainer = z.infer<typeof listedContainers>[number];

export const inspectedContainer = z.object({
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    OOMKilled: z.boolean(),
    Error: z.string(),
  }),
});

export type InspectedContainer = z.infer<typeof inspectedContainer>;

export const inspectedImage = z.object({
  Config: z.object({ Env: z.array(z.string()).nullish() }).nullish(),
});

export const inspectedNetwork = z.object({
  Options: z.record(z.string(), z.string()).nullable(),
  IPAM: z.object({ Config: z.array(z.object({ Gateway: z.string().optional() })).nullable() }),
});

export const containerEvent = z.object({
  Action: z.string(),
  Actor: z.object({ Attributes: z.record(z.string(), z.string()) }),
});

/** What our labels say; null for what is not ours. */
export function labelled(given: Record<string, string>) {
  const read = ourLabels.safeParse(given);
  if (!read.success) return null;
  const { [labels.container]: id, [labels.class]: kind, [labels.image]: image } = read.data;
  return { id, class: kind, image };
}

/** Whether a container of this state has a first process. */
export function isRunning(status: string): boolean {
  return status === 'running' || status === 'paused' || status === 'restarting';
}

/** Why it ended, in a sentence, from what inspection says. */
export function reasonOf({ State }: InspectedContainer): string {
  if (State.Status === 'created') return 'It was never started.';
  if (State.Error) return `It could not be started: ${State.Error}.`;
  if (State.OOMKilled) return 'It ran out of memory.';
  // Shells and Docker give 128 + n for death by signal n.
  if (State.ExitCode > 128)
    return `Its first process was killed by signal ${State.ExitCode - 128}.`;
  return `Its first process ended with code ${State.ExitCode}.`;
}
