/**
 * What every engine gives the processes of a container (agent, pty host) in their environment,
 * whether they run under s6 in the session image or as child processes on a developer's machine.
 */
import { z } from 'zod';
import { containerId } from './ids.ts';

export const containerEnvironment = z.object({
  JOH_CONTAINER_ID: containerId,
  /** Base address of FM as the container reaches it: `http(s)://host:port`, no path. */
  JOH_FRONTEND_URL: z.url({ protocol: /^https?$/ }),
  /**
   * File (mode 0600) holding the one-time boot token and nothing else. The agent removes it once
   * `register` gave a credential. It is not in the environment, which every terminal inherits.
   */
  JOH_BOOT_TOKEN_FILE: z.string().min(1),
  /** Folder for working copies: absolute, writable, empty at first. */
  JOH_WORK: z.string().min(1),
  /** Folder (mode 0700) for sockets and what the agent must find again when it is restarted. */
  JOH_RUN: z.string().min(1),
  /** Unix socket of the pty host, in `JOH_RUN`. Whoever starts the agent starts the pty host too. */
  JOH_PTY_HOST: z.string().min(1),
  /** What the container may use, for where no cgroup says it. */
  JOH_CORES: z.coerce.number().positive().optional(),
  JOH_MEMORY_BYTES: z.coerce.number().int().positive().optional(),
});
export type ContainerEnvironment = z.infer<typeof containerEnvironment>;
