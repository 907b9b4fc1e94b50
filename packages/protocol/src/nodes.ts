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

/**
 * - `ready`: gets containers, and sessions.
 * - `draining`: an operator takes it out of service; what is claimed on it goes on, nothing is added.
 * - `quarantined`: it failed again and again; it gets no new containers until an operator returns it
 *   or a long pause is over.
 * - `unreachable`: its engine does not answer; what runs on it is judged by its agents alone.
 */
const nodeState = z.enum(['ready', 'draining', 'quarantined', 'unreachable']);

/** One container on a node, as the rack shows it: a slot that is taken. */
const nodeContainer = z.object({
  id: containerId,
  class: containerClass,
  state: containerState,
  /** Whose it is; null unless an operator asks, and while nobody's. */
  session: sessionId.nullable(),
  /** The image it was made from; null where the engine has none. */
  image: z.string().nullable(),
  createdAt: z.string(),
});

/** What a node holds of one class. Free slots are `max` less the containers of the class, if above 0. */
const nodeClass = z.object({
  class: containerClass,
  resources,
  /** How many the pool wants warm on this node. */
  wantedWarm: z.number().int().nonnegative(),
  /** How many it may hold in any state. */
  max: z.number().int().nonnegative(),
  /** Slots that nothing holds. */
  free: z.number().int().nonnegative(),
});

export const node = z.object({
  id: nodeId,
  name: z.string(),
  engine: z.string(),
  state: nodeState,
  cores: z.number(),
  memoryBytes: z.number(),
  /** Why the node is not ready, or what an operator should know of it, in a sentence; null otherwise. */
  reason: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  /** `address:port` of a node that joined; null for FrontendMaster's own machine and for a Swarm's. */
  address: z.string().nullable(),
  joinedAt: z.string().nullable(),
  slots: z.array(nodeClass),
  containers: z.array(nodeContainer),
});
export const nodeList = z.object({ nodes: z.array(node) });

/** What an operator wants of one class on a node. */
const classWish = z
  .object({ warm: z.number().int().min(0).max(999), max: z.number().int().min(0).max(999) })
  .refine(({ warm, max }) => warm <= max, 'more are wanted warm than there may be');
/** A class that is not named is sized from the node's cores and memory. */
const classWishes = z.object({
  standard: classWish.optional(),
  burst: classWish.optional(),
});

/** What an operator wants of the pool: `PUT /api/pool` replaces it whole. */
export const poolWish = z.object({
  /** For every node that has none of its own. */
  classes: classWishes.default({}),
  /** Per node, instead of `classes`, class by class. */
  nodes: z.record(nodeId, classWishes).default({}),
  /** Image of new containers, best pinned: `host:port/name@sha256:…`; null: `JOH_SESSION_IMAGE`. */
  image: z
    .string()
    .max(512)
    .regex(/^[a-z0-9][A-Za-z0-9._:/@-]*$/, 'use <name>, <name>:<tag> or <name>@sha256:<digest>')
    .nullable()
    .default(null),
  /** Containers made on one node a minute, at most. */
  refillPerMinute: z.number().int().min(1).max(600).default(60),
});

/** How far the pool is with the wanted image. */
const imageRollOut = z.object({
  /** What is wanted; null where the engine has no images. */
  wanted: z.string().nullable(),
  /** What is known to work, and made while the wanted one is not proven; null before the first. */
  serving: z.string().nullable(),
  /** - `trying`: its first containers start. - `stopped`: it does not work; `serving` goes on. */
  state: z.enum(['steady', 'pulling', 'trying', 'replacing', 'stopped']),
  /** What is being done, or why it stopped, in a sentence. */
  sentence: z.string(),
  /** Unclaimed containers of another image, which are still to be replaced. */
  left: z.number().int().nonnegative(),
});

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
      /** Slots free for more, over all nodes that are ready. */
      free: z.number().int(),
    }),
  ),
  queue: z.number().int(),
  /** Why the pool cannot be filled, in a sentence; null when it can. */
  problem: z.string().nullable(),
  image: imageRollOut,
  /** Null unless an operator asks. */
  wish: poolWish.nullable(),
});

export type ContainerClass = z.infer<typeof containerClass>;
export type ContainerState = z.infer<typeof containerState>;
export type Resources = z.infer<typeof resources>;
export type NodeState = z.infer<typeof nodeState>;
export type Node = z.infer<typeof node>;
export type PoolWish = z.infer<typeof poolWish>;
export type ClassWishes = z.infer<typeof classWishes>;
export type ImageRollOut = z.infer<typeof imageRollOut>;
export type Pool = z.infer<typeof pool>;
