/** Branded identifiers: a string that names one kind of thing and cannot be passed for another. */
import { z } from 'zod';

const id = <const B extends string>(prefix: B) =>
  z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{16,32}$`), `not a ${prefix} id`)
    .brand<B>();

export const userId = z.string().min(1).max(64).brand<'user'>();
export const projectId = id('project');
export const sessionId = id('session');
export const containerId = id('container');
export const nodeId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/)
  .brand<'node'>();
export const streamId = id('stream');

export type UserId = z.infer<typeof userId>;
export type ProjectId = z.infer<typeof projectId>;
export type SessionId = z.infer<typeof sessionId>;
export type ContainerId = z.infer<typeof containerId>;
export type NodeId = z.infer<typeof nodeId>;
export type StreamId = z.infer<typeof streamId>;
