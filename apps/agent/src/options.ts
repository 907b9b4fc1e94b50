/** What the agent is given by its entry. */
import type { Clock, Random } from '@joh/clock';
import type { ContainerId } from '@joh/protocol';

export interface AgentOptions {
  frontendUrl: string;
  container: ContainerId;
  version: string;
  bootTokenFile: string | null;
  bootToken: string | null;
  /** Folder of the working copies. */
  work: string;
  /** Folder for secrets and sockets, 0700. */
  runtime: string;
  ptyHost: { path: string; start: (() => void) | null };
  /** Where USB tools of the user find the agent. */
  usbSocket: string;
  /** Environment of what the user runs. */
  env: Record<string, string>;
  given: { cores: number | null; memoryBytes: number | null };
  /** How to run the language server and the WebAssembly tools of the product. */
  embedded: {
    languageServer: readonly [string, ...string[]];
    tool: readonly [string, ...string[]];
    /** The library of `packages/shell-observer`; null or missing where it could not be built. */
    observer?: string | null;
  };
  clock: Clock;
  random: Random;
  log: (text: string) => void;
}
