/** The process that owns the terminals and outlives the agent; and how one speaks to it. */
export { type PtyHostOptions, startPtyHost } from './host.ts';
export { decodeFrames, type HostMessage, type HostVerb } from './host-protocol.ts';
