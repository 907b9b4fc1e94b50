/** REST contracts of `/api/sessions`. */
import { z } from 'zod';
import { faultBody } from './errors.ts';
import { projectId, sessionId } from './ids.ts';
import { accountName, projectName, projectPath } from './names.ts';
import { containerClass } from './nodes.ts';

/**
 * States move one way, except `ready` and `detached`, which alternate, and a session whose container
 * failed or was lost, which is `queued` again and gets the next epoch.
 */
export const sessionState = z.enum([
  'queued',
  'preparing',
  'ready',
  'detached',
  'closing',
  'closed',
  'failed',
]);

/** What is being done right now, in words a user reads while waiting. */
export const sessionProgress = z.object({
  /** Stable name of the stage: `queue`, `claim`, `clone`, `shell`, `languages`, … */
  stage: z.string(),
  message: z.string(),
  /** 0 to 1, or null where it cannot be known. */
  fraction: z.number().min(0).max(1).nullable(),
});

export const session = z.object({
  id: sessionId,
  project: z.object({
    id: projectId,
    owner: accountName,
    name: projectName,
    board: z.string().nullable(),
  }),
  class: containerClass,
  state: sessionState,
  progress: sessionProgress.nullable(),
  /** 1 is next; null when not queued. */
  position: z.number().int().positive().nullable(),
  /** Grows with every claim; an older holder is refused. 0 before the first claim. */
  epoch: z.number().int().nonnegative(),
  /** Absolute path of the working copy inside the container, once prepared. */
  root: z.string().nullable(),
  /** Absolute URL of the IDE page. */
  url: z.string(),
  createdAt: z.string(),
  failure: faultBody.nullable(),
});
export const sessionList = z.object({ sessions: z.array(session) });
export const sessionCreate = z.object({ project: projectPath, class: containerClass.optional() });
/** A one-time ticket for the first frame of one websocket. */
export const sessionTicket = z.object({ ticket: z.string(), expiresAt: z.string() });

export type SessionState = z.infer<typeof sessionState>;
export type SessionProgress = z.infer<typeof sessionProgress>;
export type Session = z.infer<typeof session>;
export type SessionCreate = z.infer<typeof sessionCreate>;
export type SessionTicket = z.infer<typeof sessionTicket>;
