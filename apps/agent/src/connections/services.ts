/** What one connection of an IDE can use. */
import type { Clock, Random } from '@joh/clock';
import type { Prepare } from '@joh/protocol';
import type { Boards } from '#boards';
import type { Builds } from '#builds';
import type { LanguageConnection, Languages } from '#languages';
import type { ProjectShell } from '#processes';
import type { Simulations } from '#simulations';
import type { Terminals } from '#terminals';
import type { Files, Search, SourceControl } from '#workspace';

/** Of the session: the same for every connection. */
export interface ProjectServices {
  given: Prepare;
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
}

/** Of one connection. */
export interface Services extends Omit<ProjectServices, 'languages'> {
  languages: LanguageConnection;
  /** Says something to the people of this connection. */
  say(severity: 'error' | 'warning' | 'information', text: string): void;
}
