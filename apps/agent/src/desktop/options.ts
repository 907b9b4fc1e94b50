/** What the desktop's agent is given by its entry. */
import type { Readable, Writable } from 'node:stream';
import type { WebUsbDevice } from '@joh/boards';
import type { Clock, Random } from '@joh/clock';
import type { AgentOptions } from '#options';

export interface DesktopOptions extends Pick<AgentOptions, 'version' | 'env' | 'embedded'> {
  clock: Clock;
  random: Random;
  log: (text: string) => void;
  /** The shell's lines, and ours to it. */
  input: Readable;
  output: Writable;
  /** Folder for sockets, 0700, short: a socket's path has 107 characters. */
  runtime: string;
  /** Starts a pty host that listens there, and ends when the agent is gone. */
  startPtyHost(path: string): void;
  /** Libraries for USB tools of the terminal. */
  usbLibraries: string;
  usbDevices(): Promise<WebUsbDevice[]>;
  udev: UdevOptions;
}

export interface UdevOptions {
  /** Where rules are written. */
  path: string;
  /** False: with rights of the system's, after its own dialog. */
  isOwn: boolean;
}
