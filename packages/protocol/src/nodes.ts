/** REST contracts of `/api/nodes` and `/api/pool`, and the words of container classes. */
import { z } from 'zod';
import { containerId, nodeId, sessionId } from './ids.ts';

export const containerClass = z.enum(['standard', 'burst']);
export const containerState = z.enum(['starting', 'warm', 'claimed', 'gone', 'quarantined']);

/** What one container may use. */
export const resources = z.object({
  cores: z.number().positive(),
  memoryBytes: z.number().int().positive(),
});

export const node = z.object({
  id: nodeId,
  name: z.string(),
  engine: z.string(),
  state: z.enum(['ready', 'draining', 'unreachable']),
  cores: z.number(),
  memoryBytes: z.number(),
  /** Why the node is not ready, in a sentence; null when it is. */
  reason: z.string().nullable(),
  containers: z.array(
    z.object({
      id: containerId,
      class: containerClass,
      state: containerState,
      session: sessionId.nullable(),
    }),
  ),
});
export const nodeList = z.object({ nodes: z.array(node) });

export const pool = z.object({
  /** Per class: how many are wanted warm per node, what each may use, and what is there now. */
  classes: z.array(
    z.object({
      class: containerClass,
      resources,
      /** Set when the node is too small for the production profile. */
      scaledFrom: resources.nullable(),
      wantedWarm: z.number().int(),
      warm: z.number().int(),
      starting: z.number().int(),
      claimed: z.number().int(),
    }),
  ),
  queue: z.number().int(),
  /** Why the pool cannot be filled, in a sentence; null when it can. */
  problem: z.string().nullable(),
});

export type ContainerClass = z.infer<typeof containerClass>;
export type ContainerState = z.infer<typeof containerState>;
export type Resources = z.infer<typeof resources>;
export type Node = z.infer<typeof node>;
export type Pool = z.infer<typeof pool>;
