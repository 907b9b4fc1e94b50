/** The calls of pages: each of the contract, by who does it. */
import { join } from 'node:path';
import {
  type DesktopCall,
  type DesktopParams,
  type DesktopResult,
  desktopPages,
  fault,
} from '@joh/protocol';
import type { Updates } from '#updates';
import type { DesktopCloud } from './cloud.ts';
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
  updates: Updates;
  onKept(page: string): void;
}

export function callHandlers(parts: CallParts): CallHandlers {
  const { known, open, state, cloud, options } = parts;
  return {
    describe: async ({ page }) => {
      const id = folderOf(page, parts.first());
      return {
        version: options.version,
        platform: process.platform,
        home: parts.home,
        userData: join(parts.data, 'user'),
        folder: id === null ? null : await known.get(id),
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
    cloud: async () => cloud.state(),
    signIn: ({ page, url }) =>
      cloud.signIn(url, (address) =>
        parts.shell.ask({ kind: 'open-external', page, url: address }),
      ),
    signOut: cloud.signOut,
    cloudProjects: cloud.projects,
    clone: async (params) => {
      const { id } = await known.open(await cloud.clone(params));
      return { page: `${desktopPages.folder}${id}` };
    },
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

/** The folder of a page; null for the start page. Throws `E_ROUTE_UNKNOWN`. */
export function folderOf(page: string, first: string | null): string | null {
  if (page === desktopPages.first) return first;
  if (page === desktopPages.start) return null;
  if (page.startsWith(desktopPages.folder)) return page.slice(desktopPages.folder.length);
  throw fault('E_ROUTE_UNKNOWN', { path: page });
}
