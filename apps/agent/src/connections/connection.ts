/** One link of an IDE: its RPC, its channels, and what it is told. */
import { type Channel, createRpc, type Link, type Rpc } from '@joh/link';
import {
  agentNotices,
  agentRpc,
  type ChannelKind,
  type ChannelParams,
  channels,
  fault,
  isFault,
} from '@joh/protocol';
import { createWatches, watchRepository } from '#workspace';
import { channelKinds } from './channel-kinds.ts';
import { rpcHandlers } from './rpc-handlers.ts';
import type { ProjectServices, Services } from './services.ts';

type Local = { methods: typeof agentRpc.methods; notices: typeof agentNotices.notices };
type IdeRpc = Rpc<
  Local,
  { methods: typeof agentNotices.methods; notices: typeof agentRpc.notices }
>;

export interface Connection {
  /** Says something to the IDE; dropped when it has no RPC channel. */
  notify: IdeRpc['notify'];
}

/** Serves the link until it closes; everything that was the connection's own ends then. */
export function serveLink(
  link: Link,
  project: ProjectServices,
  log: (text: string) => void,
): Connection {
  const { terminals, clock, random, languages, builds, shell, root } = project;
  let rpc: IdeRpc | null = null;
  const notify: Connection['notify'] = async (notice, params) => {
    await rpc?.notify(notice, params).catch(() => undefined);
  };
  const own = languages.connect();
  const watches = createWatches({
    random,
    notices: {
      changed: (watch, changes) => void notify('files.changed', { watch, changes }),
      failed: (watch, reason) => void notify('files.watchFailed', { watch, reason }),
    },
  });
  const services: Services = {
    ...project,
    languages: own,
    say: (severity, text) => void notify('message', { severity, text }),
  };
  const ends = [
    own.close,
    () => void watches.close().catch(() => undefined),
    terminals.onExited(
      (terminal, exitCode) => void notify('terminals.exited', { terminal, exitCode }),
    ),
    watchRepository({ root, clock, onChanged: () => void notify('sourceControl.changed', {}) }),
    builds.onChanged((build) => void notify('builds.changed', { build })),
    shell.onChanged((state) => void notify('shell.changed', state)),
  ];
  link.onState((state) => {
    if (state === 'closed') for (const end of ends.splice(0)) end();
  });
  link.onChannel((channel) => {
    if (channel.kind !== 'rpc') return serveChannel(channel, channelKinds, { services, link }, log);
    rpc?.close();
    rpc = createRpc({
      channel,
      local: { methods: agentRpc.methods, notices: agentNotices.notices },
      handlers: rpcHandlers(services, watches, languages),
      remote: { methods: agentNotices.methods, notices: agentRpc.notices },
      random,
      onUnexpected: (error, reference, method) =>
        log(`rpc: ${method} failed (${reference}): ${describe(error)}`),
    });
  });
  return { notify };
}

/** By kind of channel: when it resolves our direction ends, when it throws a fault the channel is closed with it. */
type ChannelTable<C> = {
  [K in ChannelKind]?: (
    params: ChannelParams<K>,
    context: C & { channel: Channel; signal: AbortSignal },
  ) => Promise<void>;
};

/** Serves a channel until it is over; one of a kind that is not in the table is refused. */
export function serveChannel<C extends object>(
  channel: Channel,
  kinds: ChannelTable<C>,
  given: C,
  log: (text: string) => void,
): void {
  const kind = channel.kind as ChannelKind;
  const serve = Object.hasOwn(kinds, kind) ? kinds[kind] : null;
  const params = serve && channels[kind].params.safeParse(channel.params);
  if (!serve || !params?.success) {
    const reason = serve
      ? `params of the channel: ${params?.error?.issues[0]?.message}`
      : `there is no kind of channel "${channel.kind}"`;
    channel.close(fault('E_REQUEST_INVALID', { reason }).body());
    return;
  }
  const stop = new AbortController();
  channel.onClose(() => stop.abort(fault('E_CHANNEL_CLOSED')));
  const context = { ...given, channel, signal: stop.signal };
  serve(params.data as never, context).then(
    () => channel.end(),
    (error: unknown) => {
      if (stop.signal.aborted) return;
      if (!isFault(error)) log(`channel ${channel.kind} failed: ${describe(error)}`);
      const body = isFault(error) ? error : fault('E_INTERNAL', { reference: channel.kind });
      channel.close(body.body());
    },
  );
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
