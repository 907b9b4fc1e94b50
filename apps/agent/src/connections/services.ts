/** What one connection of an IDE can use. */
import type { Clock, Random } from '@joh/clock';
import type { Channel } from '@joh/link';
import type { Prepare } from '@joh/protocol';
import type { Boards } from '#boards';
import type { Builds } from '#builds';
import type { LanguageConnection, Languages } from '#languages';
import type { ProjectShell } from '#shells';
import type { Simulations } from '#simulations';
import type { Terminals } from '#terminals';
import type { Files, Search, SourceControl } from '#workspace';

/** Of the session: the same for every connection. */
export interface ProjectServices {
  given: Pick<Prepare, 'project'>;
  root: string;
  home: string;
  userShell: string;
  version: string;
  clock: Clock;
  random: Random;
  files: Files;
  search: Search;
  sourceControl: SourceControl;
  terminals: Terminals;
  languages: Languages;
  shell: ProjectShell;
  builds: Builds;
  simulations: Simulations;
  boards: Boards;
  /** Throws when a file may not be read or written, wherever links lead. Left out: what the system lets. */
  admitFile?: ((path: string, use: 'read' | 'write') => Promise<void>) | undefined;
  /** Serves a channel `devices`; left out where the agent's computer is not the user's own. */
  devices?: ((channel: Channel, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Of one connection. */
export interface Services extends Omit<ProjectServices, 'languages'> {
  languages: LanguageConnection;
  /** Says something to the people of this connection. */
  say(severity: 'error' | 'warning' | 'information', text: string): void;
}
