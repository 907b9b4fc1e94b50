/** What a feature of the IDE is given, and what it gives. */
import type { IExtensionContributions } from '@codingame/monaco-vscode-api/extensions';
import type { Clock } from '@joh/clock';
import type { Session } from '@joh/protocol';
import type * as vscode from 'vscode';
import type { Agent } from '../agent/agent.ts';
import type { ConnectionMonitor } from '../agent/connection.ts';
import type { Desktop } from '../desktop/desktop.ts';
import type { KeyValues } from '../desktop/state.ts';

/** A session of FrontendMaster, and its verbs that the IDE offers. */
export interface Cloud {
  session: Session;
  closeSession(): Promise<void>;
  signOut(): Promise<void>;
  /** Paths of this site: the user's projects, and what is there after signing out. */
  pages: { projects: string; signedOut: string };
}

/** Known before the workbench is there. */
export interface Page {
  /** What the window is about; the id names it in what is remembered. */
  project: { id: string; title: string };
  /** Null where no FrontendMaster is. With a `desktop` too: a session of the cloud in a window of the desktop. */
  cloud: Cloud | null;
  /** Null in a browser's window. */
  desktop: Desktop | null;
  /** Absolute path of the working copy. */
  root: string;
  agent: Agent;
  connection: ConnectionMonitor;
  clock: Clock;
  /** Small values that a reload finds again. */
  storage: KeyValues;
  /** Leaves the IDE for an address of this site. */
  leave(path: string): void;
  /** The workbench is on the screen. */
  onShown(): void;
}

/** The page with its workbench running. */
export interface Ide extends Page {
  vscode: typeof vscode;
  /** Shows any error to the user: a fault with what, kept and to do. */
  report(error: unknown): void;
}

export interface Feature {
  /** Its part of the product's extension manifest. */
  contributes?: IExtensionContributions;
  /** Before the workbench starts: services, views, providers. `ide` is there once it runs. */
  register?(page: Page, ide: Promise<Ide>): void;
  /** Once it runs. */
  activate?(ide: Ide): void | Promise<void>;
}
