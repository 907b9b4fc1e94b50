/** What each kind of channel does. */
import type { Channel, Link } from '@joh/link';
import { type ChannelKind, type ChannelParams, fault } from '@joh/protocol';
import { startPiped } from '#processes';
import { readFileChunks, writeFileWhole } from '#workspace';
import { channelSource } from './channel-source.ts';
import type { Services } from './services.ts';

interface ChannelContext {
  channel: Channel;
  services: Services;
  /** The link that the channel is on. */
  link: Link;
  /** Aborts when the channel is closed. */
  signal: AbortSignal;
}

/**
 * Serves one channel; when it resolves the agent's direction ends, when it throws a fault the
 * channel is closed with it.
 */
type Serve<K extends ChannelKind> = (
  params: ChannelParams<K>,
  context: ChannelContext,
) => Promise<void>;

/** All but `rpc`, which is served for the whole connection. */
export const channelKinds: { [K in Exclude<ChannelKind, 'rpc'>]: Serve<K> } = {
  terminal: async ({ terminal }, { channel, services, signal }) => {
    const attachment = await services.terminals.attach(terminal);
    const close = () => attachment.close();
    signal.addEventListener('abort', close, { once: true });
    if (signal.aborted) close();
    channel.onMessage((bytes) => attachment.write(bytes));
    try {
      for await (const chunk of attachment.output) await channel.send(chunk);
    } finally {
      close();
    }
  },
  process: async (params, { channel, services, signal }) => {
    const { root, clock, shell } = services;
    const send = (message: Uint8Array) => channel.send(message);
    const env = await shell.environment();
    signal.throwIfAborted();
    const running = await startPiped(params, { root, env, clock, send });
    signal.addEventListener('abort', running.close, { once: true });
    if (signal.aborted) running.close();
    channel.onMessage(running.input);
    await running.done.finally(running.close);
  },
  'files.read': async ({ path }, { channel, services, signal }) => {
    await services.admitFile?.(path, 'read');
    for await (const chunk of readFileChunks(path, signal)) await channel.send(chunk);
  },
  'files.write': async (params, { channel, services }) => {
    await services.admitFile?.(params.path, 'write');
    const written = await writeFileWhole(params, channelSource(channel), services.random);
    await sendJson(channel, written);
  },
  'search.text': async (params, { channel, services, signal }) => {
    for await (const match of services.search.text(params, signal)) await sendJson(channel, match);
  },
  'search.files': async (params, { channel, services, signal }) => {
    const paths = await services.search.files(params, signal);
    for (let at = 0; at < paths.length; at += pathsPerMessage) {
      await sendJson(channel, paths.slice(at, at + pathsPerMessage));
    }
  },
  language: async ({ server }, { channel, services, signal }) => {
    const running = await services.languages.start(server, (message) => channel.send(message));
    signal.addEventListener('abort', running.close, { once: true });
    if (signal.aborted) running.close();
    channel.onMessage(running.input);
    channel.onEnd(running.close);
    await running.done.catch((error: unknown) => {
      if (!signal.aborted) services.say('warning', languageText(server, error));
      throw error;
    });
  },
  build: async ({ build }, { channel, services, signal }) => {
    for await (const event of services.builds.events(build, signal)) await sendJson(channel, event);
  },

  usb: async (_, { channel, services, link, signal }) => {
    const page = services.boards.page((message) => channel.send(message));
    const { promise: over, resolve } = Promise.withResolvers<void>();
    link.onState((state) => {
      if (!signal.aborted) page.setConnected(state === 'open');
    });
    signal.addEventListener('abort', () => resolve(), { once: true });
    channel.onEnd(resolve);
    channel.onMessage(page.receive);
    await over;
    page.close();
  },

  devices: async (_, { channel, services, signal }) => {
    if (!services.devices) {
      throw fault('E_REQUEST_INVALID', { reason: 'this computer shows no USB devices' });
    }
    await services.devices(channel, signal);
  },
};

const pathsPerMessage = 1000;

function languageText(server: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `The language server ${server} stopped: ${reason}`;
}

async function sendJson(channel: Channel, value: unknown): Promise<void> {
  await channel.send(new TextEncoder().encode(JSON.stringify(value)));
}
