/** Watching folders for an IDE. */
import { type FSWatcher, watch as watchFolder } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newId, type Random } from '@joh/clock';
import { type FileChange, fault } from '@joh/protocol';
import { limits } from '#limits';
import { runToEnd } from '#processes';
import { absolutePath } from './absolute-path.ts';
import { aboutFile } from './file-fault.ts';

/** What git and package tools write by the thousand, and nobody looks at in an editor. */
export const unwatched: readonly string[] = [
  '**/.git/objects',
  '**/.git/objects/**',
  '**/.git/**/*.lock',
  '**/node_modules/*/**',
  '**/.direnv/**',
  '**/obj_dir/**',
];

export interface WatchNotices {
  changed(watch: string, changes: FileChange[]): void;
  failed(watch: string, reason: string): void;
}

/** The watches of one connection. */
export interface Watches {
  /** Throws `E_FILE_UNKNOWN`; what fails later (or a full inotify table) arrives as `failed`. */
  watch(path: string, options: { recursive: boolean; excludes: string[] }): Promise<string>;
  unwatch(watch: string): Promise<void>;
  close(): Promise<void>;
}

type Stop = () => Promise<void>;

export function createWatches({
  random,
  notices,
}: {
  random: Random;
  notices: WatchNotices;
}): Watches {
  const stops = new Map<string, Promise<Stop>>();
  const unwatch = async (watch: string) => {
    const stop = stops.get(watch);
    stops.delete(watch);
    await (await stop)?.();
  };
  return {
    watch: async (text, { recursive, excludes }) => {
      const path = absolutePath(text);
      if (stops.size >= limits.watchesPerConnectionMax) {
        throw fault('E_REQUEST_INVALID', { reason: 'too many folders are watched' });
      }
      const stats = await aboutFile(path, () => stat(path));
      const id = newId('watch', random);
      const tell: Tell = {
        changed: (changes) => {
          if (!stops.has(id)) return;
          for (let at = 0; at < changes.length; at += limits.changesPerNoticeMax) {
            notices.changed(id, changes.slice(at, at + limits.changesPerNoticeMax));
          }
        },
        failed: (error) => {
          if (stops.has(id)) notices.failed(id, watchReason(error));
        },
      };
      const started =
        recursive && stats.isDirectory()
          ? watchTree(path, [...unwatched, ...excludes], tell)
          : watchFlat(path, stats.isDirectory(), tell);
      stops.set(
        id,
        started.catch((error: unknown): Stop => {
          // After the answer, so that the IDE knows the watch that the notice names.
          setImmediate(() => tell.failed(error));
          return async () => undefined;
        }),
      );
      await stops.get(id);
      return id;
    },
    unwatch,
    close: async () => {
      await Promise.all([...stops.keys()].map(unwatch));
    },
  };
}

export interface Tell {
  changed(changes: FileChange[]): void;
  failed(error: unknown): void;
}

const changeTypes = { create: 'added', update: 'changed', delete: 'removed' } as const;

/** Watches a whole tree; events of one moment arrive together. */
export async function watchTree(path: string, ignore: string[], tell: Tell): Promise<Stop> {
  const { default: watcher } = await import('@parcel/watcher');
  await freeInstance(path);
  const subscription = await watcher.subscribe(
    path,
    (error, events) => {
      if (error) return tell.failed(error);
      tell.changed(events.map(({ path: at, type }) => ({ path: at, type: changeTypes[type] })));
    },
    { ignore },
  );
  trees += 1;
  return async () => {
    trees -= 1;
    await subscription.unsubscribe();
  };
}

/** Trees that the library watches; it holds one inotify instance while there is any. */
let trees = 0;

/**
 * Throws when no inotify instance can be had: the library would wait for ever then, on a thread of
 * the pool that everything else needs. Asked in another process, because this one keeps an instance
 * once it had one. Instances are counted for all processes of a uid (inotify(7)).
 */
async function freeInstance(cwd: string): Promise<void> {
  if (trees > 0) return;
  const { exitCode, stderr } = await runToEnd(
    [process.execPath, '-e', `require('fs').watch('/').close()`],
    {
      cwd,
      deadlineMs: limits.watchProbeMs,
      outputBytesMax: 4096,
    },
  );
  if (exitCode !== 0) throw fault('E_FILE_REFUSED', { path: cwd, reason: reasonOf(stderr) });
}

async function watchFlat(path: string, isFolder: boolean, tell: Tell): Promise<Stop> {
  let watcher: FSWatcher;
  const seen = async (event: string, name: string | null) => {
    const at = isFolder && name !== null ? join(path, name) : path;
    const present = await stat(at).catch(() => null);
    const type = !present ? 'removed' : event === 'rename' ? 'added' : 'changed';
    tell.changed([{ path: at, type }]);
  };
  watcher = watchFolder(path, (event, name) => void seen(event, name));
  watcher.on('error', tell.failed);
  return async () => watcher.close();
}

/** Names the limit when the system's table of watches is full (inotify(7)). */
function watchReason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /no space left|too many open files|ENOSPC|EMFILE/i.test(text)
    ? `the system cannot watch more files (fs.inotify limits): ${text}`
    : text;
}

/** The line of Node's complaint that names the error. */
function reasonOf(complaint: string): string {
  return /^Error: (.*)$/m.exec(complaint)?.[1] ?? 'no folder can be watched';
}
