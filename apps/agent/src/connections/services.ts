/** What one connection of an IDE can use. */
import type { Clock, Random } from '@joh/clock';
import type { BitstreamInformation, Build, BuildEvent, Prepare } from '@joh/protocol';
import type { LanguageConnection, Languages } from '#languages';
import type { ProjectShell } from '#processes';
import type { Terminals } from '#terminals';
import type { Files, Search, SourceControl } from '#workspace';

/** The project's builds, as the agent's own folder of that name makes them. */
export interface Builds {
  start(): Promise<string>;
  cancel(build: string): Promise<void>;
  latest(): Promise<Build | null>;
  /** From the build's start on; ends when it is done. */
  events(build: string, signal: AbortSignal): AsyncIterable<BuildEvent>;
  onChanged(listener: (build: Build) => void): () => void;
}

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
  builds: Builds | null;
  inspect: (path: string) => Promise<BitstreamInformation>;
}

/** Of one connection. */
export interface Services extends Omit<ProjectServices, 'languages'> {
  languages: LanguageConnection;
  /** Says something to the people of this connection. */
  say(severity: 'error' | 'warning' | 'information', text: string): void;
}
