/** What a window of the desktop has that a browser has not. */
import type { DesktopFolder } from '@joh/protocol';
import type { Calls } from './calls.ts';

export interface Desktop {
  call: Calls;
  folder: DesktopFolder;
  /** Agent path of settings and unsaved text. */
  userData: string;
  home: string;
  /** This page, as the agent and the shell name it. */
  page: string;
}
