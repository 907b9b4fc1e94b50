/** The few fields read from a Swarm manager's answers, and what they mean. */
import type { NodeId } from '@joh/protocol';
import { z } from 'zod';
import { labelled } from '../docker/answers.ts';
import type { EngineContainer } from '../engine.ts';
import { swarmLabels } from './service-request.ts';

const swarmNode = z.object({
  ID: z.string(),
  Spec: z.object({
    Role: z.string(),
    Availability: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  /** Little or nothing of a node that was never heard. */
  Description: z.object({
    Hostname: z.string().optional(),
    Resources: z
      .object({ NanoCPUs: z.number().optional(), MemoryBytes: z.number().optional() })
      .optional(),
  }),
  Status: z.object({ State: z.string(), Message: z.string().optional() }),
});
export const swarmNodes = z.array(swarmNode);
export type SwarmNode = z.infer<typeof swarmNode>;

const containerLabels = z.record(z.string(), z.string()).nullish();
const template = z.object({
  ContainerSpec: z.object({ Labels: containerLabels }).optional(),
});

export const swarmServices = z.array(
  z.object({
    ID: z.string(),
    CreatedAt: z.string(),
    Spec: z.object({ Name: z.string(), Labels: containerLabels, TaskTemplate: template }),
  }),
);
export type SwarmService = z.infer<typeof swarmServices>[number];

export const swarmTasks = z.array(
  z.object({
    ID: z.string(),
    CreatedAt: z.string(),
    Spec: template,
    ServiceID: z.string(),
    Status: z.object({
      State: z.string(),
      Err: z.string().optional(),
      ContainerStatus: z.object({ ExitCode: z.number() }).nullish(),
    }),
  }),
);
export type SwarmTask = z.infer<typeof swarmTasks>[number];

/** Of a task: it will run; it runs; it never will again. */
export type Phase = 'coming' | 'running' | 'over';

/** States of https://docs.docker.com/engine/swarm/how-swarm-mode-works/swarm-task-states/ */
const over = new Set(['complete', 'shutdown', 'failed', 'rejected', 'remove', 'orphaned']);

export function phaseOf({ Status: { State } }: SwarmTask): Phase {
  if (State === 'running') return 'running';
  return over.has(State) ? 'over' : 'coming';
}

/** Why a task is over, in a sentence. */
export function overReason({ Status }: SwarmTask): string {
  const { State, Err = '', ContainerStatus } = Status;
  const code = ContainerStatus?.ExitCode ?? 0;
  if (State === 'rejected') return `It could not be started: ${Err}.`;
  if (State === 'orphaned') return 'Its node left the swarm.';
  // Docker gives 128 + n for death by signal n.
  if (code > 128) return `Its first process was killed by signal ${code - 128}.`;
  if (State === 'complete' || code > 0) return `Its first process ended with code ${code}.`;
  return Err ? `The swarm ended it: ${Err}.` : 'The swarm ended it.';
}

/** One container as its service and tasks show it. */
export interface Sighting {
  container: EngineContainer;
  phase: Phase;
  /** What the swarm says about a task that does not start: no room, no such image. */
  problem: string | null;
  slot: number;
}

/**
 * What services and tasks together show. A service without a task is coming; a task without a service
 * is being removed. Of several tasks of one service the newest counts.
 */
export function sightingsOf(services: SwarmService[], tasks: SwarmTask[]): Sighting[] {
  const newest = new Map<string, SwarmTask>();
  for (const task of tasks) {
    const known = newest.get(task.ServiceID);
    if (!known || known.CreatedAt < task.CreatedAt) newest.set(task.ServiceID, task);
  }
  const seen = new Map<string, Sighting>();
  const add = (labels: Record<string, string>, createdAt: string, task: SwarmTask | null) => {
    const ours = labelled(labels);
    const node = labels[swarmLabels.node];
    if (!ours || node === undefined || seen.has(ours.id)) return;
    const phase = task ? phaseOf(task) : 'coming';
    const isOver = phase === 'over';
    const reason = isOver && task ? overReason(task) : null;
    const createdAtMs = Math.round(Date.parse(createdAt));
    const container: EngineContainer = {
      ...{ ...ours, node: node as NodeId, createdAtMs, reason },
      state: isOver ? 'exited' : 'running',
    };
    const problem = task?.Status.Err || null;
    seen.set(ours.id, { container, phase, problem, slot: Number(labels[swarmLabels.slot]) });
  };
  for (const { ID, CreatedAt, Spec } of services) {
    add(Spec.TaskTemplate.ContainerSpec?.Labels ?? {}, CreatedAt, newest.get(ID) ?? null);
  }
  for (const task of newest.values()) {
    add(task.Spec.ContainerSpec?.Labels ?? {}, task.CreatedAt, task);
  }
  return [...seen.values()];
}
