/** The calls of pages: each of the contract, by who does it. */
import { join } from 'node:path';
import {
  type DesktopCall,
  type DesktopParams,
  type DesktopResult,
  desktopPages,
  fault,
  pageSubject,
  type SessionId,
} from '@joh/protocol';
import type { Updates } from '#updates';
import type { DesktopCloud } from './cloud.ts';
import type { CloudSessions } from './cloud-sessions.ts';
import type { KnownFolders } from './known-folders.ts';
import type { OpenFolders } from './open-folders.ts';
import type { DesktopOptions } from './options.ts';
import type { Shell } from './shell-lines.ts';
import type { StateFiles } from './state-files.ts';
import { installUdevRules, readUdevRules } from './udev.ts';

export type CallHandlers = {
  [K in DesktopCall]: (params: DesktopParams<K>) => Promise<DesktopResult<K>>;
};

export interface CallParts {
  options: DesktopOptions;
  /** What the page at `/` shows; null: the start page. */
  first: () => string | null;
  data: string;
  home: string;
  known: KnownFolders;
  open: OpenFolders;
  state: StateFiles;
  shell: Shell;
  cloud: DesktopCloud;
  sessions: CloudSessions;
  updates: Updates;
  onKept(page: string): void;
}

export function callHandlers(parts: CallParts): CallHandlers {
  const { known, open, state, options } = parts;
  return {
    describe: async ({ page }) => {
      const { folder: id, session } = subjectOf(page, parts.first());
      return {
        version: options.version,
        platform: process.platform,
        home: parts.home,
        userData: join(parts.data, 'user'),
        folder: id === null ? null : await known.get(id),
        session,
        recents: await known.recent(),
      };
    },
    open: async ({ folder }) => {
      const { id } = await known.open(folder);
      return { page: `${desktopPages.folder}${id}` };
    },
    forget: async ({ folder }) => {
      await known.forget(folder);
      return {};
    },
    trust: async ({ folder, isTrusted }) => {
      await known.trust(folder, isTrusted);
      await open.reopen(folder);
      return {};
    },
    ...shellCalls(parts),
    readState: async ({ scope }) => ({ items: await state.read(scope) }),
    updateState: async ({ scope, insert, remove }) => {
      await state.update(scope, insert, remove);
      return {};
    },
    kept: async ({ page }) => {
      parts.onKept(page);
      return {};
    },
    ...cloudCalls(parts),
    update: ({ isAsked }) => parts.updates.look(isAsked),
    installUpdate: async () => ({ command: await parts.updates.install() }),
    udevRules: () => readUdevRules(options.udev),
    installUdevRules: () => installUdevRules(options.udev, options.env),
  };
}

type ShellCall =
  | 'chooseFolder'
  | 'openExternal'
  | 'newWindow'
  | 'reveal'
  | 'zoom'
  | 'closeWindow'
  | 'quit'
  | 'restart';

function shellCalls({ shell }: CallParts): Pick<CallHandlers, ShellCall> {
  const done = async (asked: Promise<unknown>) => {
    await asked;
    return {};
  };
  return {
    chooseFolder: async ({ page, startIn }) => {
      const { folder } = await shell.ask({ kind: 'choose-folder', page, startIn });
      return { folder: folder ?? null };
    },
    openExternal: ({ page, url }) => done(shell.ask({ kind: 'open-external', page, url })),
    newWindow: ({ page, path }) => done(shell.ask({ kind: 'new-window', page, path })),
    reveal: ({ page, path }) => done(shell.ask({ kind: 'reveal', page, path })),
    zoom: ({ page, factor }) => done(shell.ask({ kind: 'zoom', page, factor })),
    closeWindow: ({ page }) => done(shell.ask({ kind: 'close-window', page })),
    quit: ({ page }) => done(shell.ask({ kind: 'quit', page })),
    restart: ({ page }) => done(shell.ask({ kind: 'restart', page })),
  };
}

type CloudCall =
  | 'cloud'
  | 'signIn'
  | 'signOut'
  | 'cloudProjects'
  | 'clone'
  | 'openSession'
  | 'followSession'
  | 'closeSession'
  | 'sessionTicket';

function cloudCalls({ cloud, sessions, known, shell }: CallParts): Pick<CallHandlers, CloudCall> {
  return {
    cloud: async () => cloud.state(),
    signIn: ({ page, url }) =>
      cloud.signIn(url, (address) => shell.ask({ kind: 'open-external', page, url: address })),
    signOut: cloud.signOut,
    cloudProjects: async () => {
      const [projects, live] = await Promise.all([cloud.projects(), sessions.live()]);
      return { projects, sessions: live };
    },
    clone: async (params) => {
      const { id } = await known.open(await cloud.clone(params));
      return { page: `${desktopPages.folder}${id}` };
    },
    openSession: async ({ owner, name }) => ({
      page: `${desktopPages.session}${await sessions.open(owner, name)}`,
    }),
    followSession: ({ session, seen }) => sessions.follow(session, seen),
    closeSession: async ({ session }) => {
      await sessions.close(session);
      return {};
    },
    sessionTicket: ({ session }) => sessions.ticket(session),
  };
}

/** What a page is about; two nulls: the start page. Throws `E_ROUTE_UNKNOWN`. */
function subjectOf(
  page: string,
  first: string | null,
): { folder: string | null; session: SessionId | null } {
  const subject = pageSubject(page);
  switch (subject?.kind) {
    case 'first':
      return { folder: first, session: null };
    case 'start':
      return { folder: null, session: null };
    case 'folder':
      return { folder: subject.id, session: null };
    case 'session':
      return { folder: null, session: subject.id };
    default:
      throw fault('E_ROUTE_UNKNOWN', { path: page });
  }
}
