/**
 * The links of session windows to this computer: its USB devices, the application's settings and unsaved text,
 * and nothing else. The session's own files and programs come over the window's other link.
 */
import { realpath } from 'node:fs/promises';
import type { Clock, Random } from '@joh/clock';
import {
  type Channel,
  createRpc,
  createServerLinks,
  type Link,
  type Rpc,
  type Transport,
} from '@joh/link';
import { agentNotices, agentRpc, closes, fault, readLinkTicket, sessionId } from '@joh/protocol';
import { channelSource, fileHandlers, serveChannel } from '#connections';
import { limits } from '#limits';
import { createFiles, createWatches, type Files, readFileChunks, writeFileWhole } from '#workspace';
import { refuseHuge, refuseOutside } from './boundary.ts';
import type { PageLinks } from './closing.ts';
import type { HostDevices } from './devices.ts';
import type { SecretCheck } from './gate.ts';

export interface Desks {
  /** Its first message must show the secret, and which session the window is about. */
  accept(transport: Transport): void;
  /** Of every session that has windows. */
  current(): (PageLinks & { session: string })[];
  close(): void;
}

interface DeskOptions {
  /** Folder of settings and unsaved text; it is there. */
  user: string;
  devices: HostDevices;
  isSecret: SecretCheck;
  clock: Clock;
  random: Random;
  log(text: string): void;
}

const { methods } = agentRpc;
const local = {
  methods: {
    'files.stat': methods['files.stat'],
    'files.list': methods['files.list'],
    'files.makeDirectory': methods['files.makeDirectory'],
    'files.remove': methods['files.remove'],
    'files.rename': methods['files.rename'],
    'files.copy': methods['files.copy'],
    'files.watch': methods['files.watch'],
    'files.unwatch': methods['files.unwatch'],
  },
  notices: agentNotices.notices,
};
const remote = { methods: agentNotices.methods, notices: agentRpc.notices };
type DeskRpc = Rpc<typeof local, typeof remote>;
type Desk = { session: string; notify: DeskRpc['notify'] };

export async function createDesks(options: DeskOptions): Promise<Desks> {
  const { clock, random, isSecret } = options;
  const root = await realpath(options.user);
  const desks = new Map<Link, Desk>();
  const of = (session: string) => [...desks].filter(([, desk]) => desk.session === session);
  const links = createServerLinks({
    clock,
    random,
    limits: { helloMs: limits.strangerMs },
    checkTicket: async (ticket) => {
      const { secret, more } = readLinkTicket(ticket);
      const isGood = (await isSecret(secret)) && sessionId.safeParse(more).success;
      return isGood ? { user: 'owner', session: more } : fault('E_TICKET_REFUSED');
    },
    onLink: (link, { session }) => {
      desks.set(link, { session, notify: serveDesk(link, root, options) });
      link.onState((state) => {
        if (state === 'closed') desks.delete(link);
      });
    },
  });
  return {
    accept: links.accept,
    current: () =>
      [...new Set([...desks.values()].map(({ session }) => session))].map((session) => ({
        session,
        attached: () => of(session).filter(([link]) => link.state === 'open').length,
        notify: async (notice, params) => {
          await Promise.all(of(session).map(([, desk]) => desk.notify(notice, params)));
        },
      })),
    close: () => links.close(closes.ended, 'the application ends'),
  };
}

/** Until the link closes. */
function serveDesk(
  link: Link,
  root: string,
  { random, devices, log }: DeskOptions,
): DeskRpc['notify'] {
  const admit = (path: string) => refuseOutside(root, path);
  let rpc: DeskRpc | null = null;
  const notify: DeskRpc['notify'] = async (notice, params) => {
    await rpc?.notify(notice, params).catch(() => undefined);
  };
  const watches = createWatches({
    random,
    notices: {
      changed: (watch, changes) => void notify('files.changed', { watch, changes }),
      failed: (watch, reason) => void notify('files.watchFailed', { watch, reason }),
    },
  });
  link.onState((state) => {
    if (state === 'closed') watches.close().catch(() => undefined);
  });
  const handlers = fileHandlers(
    { files: filesWithin(createFiles({ random }), admit) },
    {
      ...watches,
      watch: async (path, wanted) => {
        await admit(path);
        return watches.watch(path, wanted);
      },
    },
  );
  link.onChannel((channel: Channel) => {
    if (channel.kind !== 'rpc') {
      serveChannel(channel, channelKinds, { admit, random, devices }, log);
      return;
    }
    rpc?.close();
    rpc = createRpc({ channel, local, handlers, remote, random });
  });
  return notify;
}

interface DeskContext {
  admit(path: string): Promise<void>;
  random: Random;
  devices: HostDevices;
}

const channelKinds: Parameters<typeof serveChannel<DeskContext>>[1] = {
  'files.read': async ({ path }, { admit, channel, signal }) => {
    await admit(path);
    await refuseHuge(path);
    for await (const chunk of readFileChunks(path, signal)) await channel.send(chunk);
  },
  'files.write': async (params, { admit, channel, random }) => {
    await admit(params.path);
    const written = await writeFileWhole(params, channelSource(channel), random);
    await channel.send(new TextEncoder().encode(JSON.stringify(written)));
  },
  devices: (_, { devices, channel, signal }) => devices.serve(channel, signal),
};

function filesWithin(files: Files, admit: (path: string) => Promise<void>): Files {
  const one =
    <R extends unknown[], T>(verb: (path: string, ...rest: R) => Promise<T>) =>
    async (path: string, ...rest: R) => {
      await admit(path);
      return verb(path, ...rest);
    };
  const two =
    (verb: Files['rename']): Files['rename'] =>
    async (from, to, overwrite) => {
      await Promise.all([admit(from), admit(to)]);
      await verb(from, to, overwrite);
    };
  return {
    stat: one(files.stat),
    list: one(files.list),
    makeDirectory: one(files.makeDirectory),
    remove: one(files.remove),
    rename: two(files.rename),
    copy: two(files.copy),
  };
}
