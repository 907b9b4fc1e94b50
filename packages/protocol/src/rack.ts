/** REST contracts for operators: the rack as one picture, its event log, and joining nodes. */
import { z } from 'zod';
import { containerId, nodeId, sessionId } from './ids.ts';
import { containerClass, node, pool } from './nodes.ts';

/** What kind of decision an event tells of. */
const nodeEventKind = z.enum([
  'created',
  'warm',
  'claimed',
  'released',
  'given-up',
  'destroyed',
  'failed',
  'node-joined',
  'node-removed',
  'node-lost',
  'node-returned',
  'node-drained',
  'node-quarantined',
  'image',
  'pool',
]);

/** One decision, in a sentence that says why. */
const nodeEvent = z.object({
  /** Grows with time; for `?after=`. */
  id: z.number().int().nonnegative(),
  at: z.string(),
  kind: nodeEventKind,
  node: nodeId.nullable(),
  container: containerId.nullable(),
  session: sessionId.nullable(),
  sentence: z.string(),
});

/** `GET /api/rack?after=<event id>`: everything that the operator's page draws. */
export const rack = z.object({
  at: z.string(),
  nodes: z.array(node),
  pool,
  /** Sessions that wait, next first; at most the first 100. */
  queue: z.array(
    z.object({
      session: sessionId,
      /** 1 is next. */
      position: z.number().int().positive(),
      class: containerClass,
      waitedMs: z.number().int().nonnegative(),
    }),
  ),
  /** Of the last 60 minutes, the oldest first; the last one is the minute that runs. */
  claimsPerMinute: z.array(z.number().int().nonnegative()).length(60),
  /** Newer than `after`, the oldest first; without `after` the last ones. At most 200. */
  events: z.array(nodeEvent),
  /** For the next `?after=`. */
  lastEvent: z.number().int().nonnegative(),
});
export const rackQuery = z.object({ after: z.coerce.number().int().nonnegative().optional() });

const label = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/;

/** `POST /api/nodes/joins`: a machine may become a node, once, in the next 15 minutes. */
export const nodeJoinCreate = z.object({
  /** Becomes the node's id. */
  name: nodeId,
  /** Address or host name at which FrontendMaster reaches the node's Docker daemon. */
  host: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]*[A-Za-z0-9])?$/, 'use an address or a host name'),
  port: z.number().int().min(1).max(65_535).default(2376),
  labels: z.record(z.string().regex(label), z.string().max(63)).default({}),
});
export const nodeJoinCreated = z.object({
  /** For the node alone; shown once. */
  token: z.string(),
  /** What to paste on the node, as root. Several lines. */
  command: z.string(),
  expiresAt: z.string(),
  /** SHA-256 of the authority's certificate, `AB:CD:…`; the node refuses any other. */
  authorityFingerprint: z.string(),
});
/**
 * `POST /api/nodes/join`, with the join token as bearer: what the script of `GET /nodes/join.sh` sends.
 * Texts are base64 in both directions, so that a shell can make and take apart the JSON.
 */
export const nodeJoin = z.object({
  /** PEM of the certificate request; the key stays on the node. */
  csr: z.base64().max(16_384),
  /** The daemon's `daemon.json` as it is; empty when there is none. */
  daemon: z.base64().max(65_536),
});
export const nodeJoined = z.object({
  /** PEM: the node's own, and the authority's. */
  certificate: z.base64(),
  authority: z.base64(),
  /** The new `daemon.json`: what was there, with ours in it. */
  daemon: z.base64(),
  /** `host:port` of the registry whose certificates the authority signs; empty without one. */
  registry: z.base64(),
  /** `host` and `port` of FrontendMaster that containers reach, for the isolation rules. */
  doorHost: z.base64(),
  doorPort: z.base64(),
});

export type NodeEventKind = z.infer<typeof nodeEventKind>;
export type NodeEvent = z.infer<typeof nodeEvent>;
export type Rack = z.infer<typeof rack>;
export type NodeJoinCreate = z.input<typeof nodeJoinCreate>;
export type NodeJoinCreated = z.infer<typeof nodeJoinCreated>;
