/** A session's agent as one object: its RPC, and its channels as functions. */
import type { Clock, Random } from '@joh/clock';
import {
  type Channel,
  createClientLink,
  createRpc,
  type Link,
  type LinkDetail,
  type LinkLimits,
  type LinkState,
  type Rpc,
  type Transport,
} from '@joh/link';
import {
  agentNotices,
  agentRpc,
  type BuildEvent,
  buildEvent,
  type ChannelParams,
  type FileWritten,
  fault,
  faultOf,
  fileWritten,
  type ProcessExit,
  type TextMatch,
  textMatch,
} from '@joh/protocol';
import { z } from 'zod';
import { collect, consume, eachJson, opened, upload } from './channel-streams.ts';
import type { FrontendClient } from './frontend-client.ts';
import { type JsonStream, openLanguage } from './language-stream.ts';
import { type ProcessStreams, runProcess } from './process-run.ts';
import { openTerminal, type TerminalStream } from './terminal-stream.ts';

/** The page answers nothing and says nothing unasked. */
const nothing = { methods: {}, notices: {} } as const;
const remote = { methods: agentRpc.methods, notices: agentNotices.notices } as const;
type AgentRpc = Rpc<typeof nothing, typeof remote>;

export interface AgentOptions {
  client: { sessions: Pick<FrontendClient['sessions'], 'ticket'> };
  /** A session's, or what else `openSocket` knows. */
  session: { id: string };
  /** Usually the client's own. */
  openSocket(sessionId: string, signal: AbortSignal): Promise<Transport>;
  clock: Clock;
  random: Random;
  /** Closes the connection, also while it is being made. */
  signal?: AbortSignal | undefined;
  limits?: Partial<LinkLimits> | undefined;
  /** Every state of the link, those before the first connection included. */
  onState?: ((state: LinkState, detail: LinkDetail) => void) | undefined;
}

/** Every function rejects with a `Fault`, or with the reason of the signal that it was given. */
export interface AgentConnection {
  link: Link;
  call: AgentRpc['call'];
  /** Returns the function that stops it. */
  onNotice: AgentRpc['onNotice'];
  readFile(path: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** The same in parts as they come, for files that are not to be held whole. */
  eachPart(
    path: string,
    onPart: (part: Uint8Array) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Resolves when the file is durable. */
  writeFile(
    path: string,
    data: Uint8Array,
    options: Omit<ChannelParams<'files.write'>, 'path'>,
    signal?: AbortSignal,
  ): Promise<FileWritten>;
  openTerminal(id: string): TerminalStream;
  /** Resolves when the program has ended and its output has been handled. */
  run(params: ChannelParams<'process'>, streams?: ProcessStreams): Promise<ProcessExit>;
  searchText(
    params: ChannelParams<'search.text'>,
    onMatch: (match: TextMatch) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  searchFiles(params: ChannelParams<'search.files'>, signal?: AbortSignal): Promise<string[]>;
  language(server: string): JsonStream;
  /** Resolves after the build's `done`. */
  followBuild(
    build: string,
    onEvent: (event: BuildEvent) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Shares USB devices with the session's tools, in the messages of the channel `usb`. */
  openUsb(): Channel;
  /** USB devices of the agent's computer: JSON-RPC of `deviceRpc`. */
  openDevices(): Channel;
  /** Ends the connection; the session goes on. */
  close(): void;
}

/** Resolves once connected; rejects with what closed the link before that. */
export async function connectAgent(options: AgentOptions): Promise<AgentConnection> {
  const { client, session, clock, random, signal, limits } = options;
  const link = createClientLink({
    connect: (inner) => options.openSocket(session.id, inner),
    ticket: async (inner) => (await client.sessions.ticket(session.id, inner)).ticket,
    clock,
    random,
    ...(signal ? { signal } : {}),
    ...(limits ? { limits } : {}),
  });
  if (options.onState) link.onState(options.onState);
  await firstOpen(link, signal);
  return agentConnection(link, random);
}

/** The same over a link that somebody else made. */
export function agentConnection(link: Link, random: Random): AgentConnection {
  const rpc: AgentRpc = createRpc({
    channel: link.open('rpc', {}),
    local: nothing,
    handlers: {},
    remote,
    random,
  });
  return {
    link,
    call: rpc.call,
    onNotice: rpc.onNotice,
    readFile: (path, signal) => collect(opened(link, 'files.read', { path }, signal)),
    eachPart: (path, onPart, signal) =>
      consume(opened(link, 'files.read', { path }, signal), onPart),
    writeFile: async (path, data, options, signal) => {
      const channel = opened(link, 'files.write', { path, ...options }, signal);
      const written: FileWritten[] = [];
      const answered = eachJson(channel, fileWritten, (one) => void written.push(one));
      await Promise.all([answered, upload(channel.channel, data)]);
      if (!written[0]) throw fault('E_CHANNEL_CLOSED');
      return written[0];
    },
    openTerminal: (id) => openTerminal(link, id),
    run: (params, streams) => runProcess(link, params, streams),
    searchText: (params, onMatch, signal) =>
      eachJson(opened(link, 'search.text', params, signal), textMatch, onMatch),
    searchFiles: async (params, signal) => {
      const paths: string[] = [];
      const channel = opened(link, 'search.files', params, signal);
      await eachJson(channel, z.array(z.string()), (some) => void paths.push(...some));
      return paths;
    },
    language: (server) => openLanguage(link, server),
    followBuild: (build, onEvent, signal) =>
      eachJson(opened(link, 'build', { build }, signal), buildEvent, onEvent),
    openUsb: () => link.open('usb', {}),
    openDevices: () => link.open('devices', {}),
    close: () => link.close(),
  };
}

function firstOpen(link: Link, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (state: LinkState, { fault: error }: LinkDetail) => {
      if (state === 'open') resolve();
      if (state === 'closed')
        reject(error ? faultOf(error) : (signal?.reason ?? fault('E_LINK_CLOSED')));
    };
    link.onState(look);
    look(link.state, link.detail);
  });
}
