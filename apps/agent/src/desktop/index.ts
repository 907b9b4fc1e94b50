/** The agent of the desktop application: the IDE and its folders on a port of the loopback. */
export { runDesktop } from './desktop.ts';
export type { DesktopOptions } from './options.ts';
