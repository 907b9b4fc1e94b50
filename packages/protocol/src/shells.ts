/** The project's shell: what its evaluation gave, and what the IDE is told of it. */
import { z } from 'zod';
import { problem } from './builds.ts';

/** One thing that an evaluation looked at. */
const shellInput = z.object({
  /**
   * `contents`: what a file holds, or the names in a folder. `presence`: whether something is there, and
   * what it is. `variable`: of the environment.
   */
  kind: z.enum(['contents', 'presence', 'variable']),
  /** Relative to the project's top where it is inside, from `~/` in the home folder, else absolute; a name. */
  path: z.string().min(1).max(4096),
  /** Null: it was not there. */
  digest: z.string().max(4200).nullable(),
});

/** What a shell makes of one variable: sets it, removes it (null), or puts something around what was there. */
const variableChange = z.union([
  z.object({ set: z.string() }),
  z.object({ before: z.string(), after: z.string() }),
  z.null(),
]);

/** An evaluated shell. Values name the project's top and the home folder by marks, see the agent. */
export const shellRecord = z.object({
  inputs: z.array(shellInput).min(1).max(4096),
  changes: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), variableChange),
  /** Store paths that must be there for the shell to be of use. */
  paths: z.array(z.string().regex(/^\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+$/)),
  /** Milliseconds since 1970. */
  madeAtMs: z.number(),
  /** From when on it must be evaluated again, since it depends on what changes without notice. */
  expiresAtMs: z.number().nullable(),
  /** How long the evaluation took. */
  tookMs: z.number(),
});

/** Answer of `GET /shells/<namespace>/<place>`: newest use first, those of the base last. */
export const shellRecords = z.object({ records: z.array(shellRecord) });

/** What the session's shell is, and what is being done about it. */
export const shellState = z.object({
  /** Names the environment that new programs get; null: that of the login shell. */
  shell: z.string().nullable(),
  /** `shell.nix` or `nix.shell`, absolute; null: the project has none. */
  description: z.string().nullable(),
  phase: z.enum([
    /** The project describes no shell. */
    'none',
    /** It cannot be evaluated on this machine, see `reason`. */
    'unavailable',
    'evaluating',
    /** Store paths of a shell that is known are on their way. */
    'fetching',
    'ready',
    'failed',
  ]),
  /** What is being done, e.g. `fetching 3 of 12 paths from the cache`; null when nothing is. */
  activity: z.string().nullable(),
  /** Where the environment in use comes from. */
  origin: z.enum(['evaluation', 'container', 'frontend']).nullable(),
  /** How long it took until the environment in use was there. */
  tookMs: z.number().nullable(),
  /** What the environment in use depends on and is no longer the same; relative. Reloading helps. */
  changed: z.array(z.string()),
  /** Why the evaluation failed, at its place. */
  problem: problem.nullable(),
  /** For people: why it is `unavailable`, or what is in use after it `failed`. */
  reason: z.string().nullable(),
});

export type ShellInput = z.infer<typeof shellInput>;
export type VariableChange = z.infer<typeof variableChange>;
export type ShellRecord = z.infer<typeof shellRecord>;
export type ShellState = z.infer<typeof shellState>;
