/** What a window of the desktop has that a browser has not. */
import type { DesktopFolder } from '@joh/protocol';
import type { Agent } from '../agent/agent.ts';
import type { Calls } from './calls.ts';

export interface Desktop {
  call: Calls;
  /** Null: the window shows a session of the cloud. */
  folder: DesktopFolder | null;
  /** Of this computer: its USB devices, settings and unsaved text. In a folder's window it is the page's own. */
  agent: Agent;
  /** Agent path of settings and unsaved text. */
  userData: string;
  home: string;
  /** This page, as the agent and the shell name it. */
  page: string;
}

/** Of a window with a folder. */
export type FolderDesktop = Desktop & { folder: DesktopFolder };

export function hasFolder(desktop: Desktop | null): desktop is FolderDesktop {
  return desktop !== null && desktop.folder !== null;
}
