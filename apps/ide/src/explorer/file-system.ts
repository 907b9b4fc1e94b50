/** The session's files as VS Code's `file:` scheme. Agent paths and URI paths are the same. */
import { Emitter, Event } from '@codingame/monaco-vscode-api/vscode/vs/base/common/event';
import { URI } from '@codingame/monaco-vscode-api/vscode/vs/base/common/uri';
import {
  FileChangeType,
  FileOperationError,
  FileOperationResult,
  FilePermission,
  FileSystemProviderCapabilities,
  FileSystemProviderError,
  FileSystemProviderErrorCode,
  FileType,
  type IFileChange,
  type IFileSystemProviderWithFileReadWriteCapability,
} from '@codingame/monaco-vscode-api/vscode/vs/platform/files/common/files';
import { type FileEntry, type FileStat, isFault } from '@joh/protocol';
import type { Agent } from '../agent/agent.ts';
import { fileErrorKind, fullMessage } from './faults.ts';

type FileSystem = IFileSystemProviderWithFileReadWriteCapability &
  Required<Pick<IFileSystemProviderWithFileReadWriteCapability, 'copy'>>;

export interface FileSystemOptions {
  agent: Agent;
  /** Default: `file`. */
  scheme?: string;
  /** Agent's folder that is the top of the scheme; default: its root. */
  folder?: string;
  /** Permissions of new files; default: what the agent's umask leaves. */
  mode?: number;
}

export function createFileSystem(options: FileSystemOptions): FileSystem {
  const { agent, scheme = 'file', folder = '', mode } = options;
  const at = ({ path }: URI) => folder + path;
  const resourceAt = (path: string) => URI.from({ scheme, path: path.slice(folder.length) });
  const isOurs = ({ path }: { path: string }) => folder === '' || path.startsWith(`${folder}/`);
  const changed = new Emitter<readonly IFileChange[]>();
  const watchFailed = new Emitter<string>();
  /**
   * Modification times as last shown to VS Code, which compares them with those of its buffer right
   * before it writes. Passing the same time on closes the gap between its look and our write.
   */
  const shownMtimeMs = new Map<string, number>();
  agent.onNotice('files.changed', ({ changes }) => {
    const ours = changes.filter(isOurs);
    if (ours.length === 0) return;
    changed.fire(ours.map(({ path, type }) => ({ resource: resourceAt(path), type: kinds[type] })));
  });
  agent.onNotice('files.watchFailed', ({ reason }) => watchFailed.fire(reason));
  return {
    capabilities:
      FileSystemProviderCapabilities.FileReadWrite |
      FileSystemProviderCapabilities.FileFolderCopy |
      FileSystemProviderCapabilities.PathCaseSensitive,
    onDidChangeCapabilities: Event.None,
    onDidChangeFile: changed.event,
    onDidWatchError: watchFailed.event,
    watch: (resource, { recursive, excludes }) =>
      watch(agent, { path: at(resource), recursive, excludes }, (reason) =>
        watchFailed.fire(reason),
      ),
    stat: (resource) =>
      guarded(async () => {
        const path = at(resource);
        const stat = await agent.call('files.stat', { path });
        shownMtimeMs.set(path, stat.mtimeMs);
        return {
          type: fileType(stat),
          size: stat.size,
          mtime: stat.mtimeMs,
          ctime: stat.ctimeMs,
          ...(stat.readonly ? { permissions: FilePermission.Readonly } : {}),
        };
      }),
    readdir: (resource) =>
      guarded(async () => {
        const { entries } = await agent.call('files.list', { path: at(resource) });
        return entries.map((entry): [string, FileType] => [entry.name, fileType(entry)]);
      }),
    readFile: (resource) => guarded(() => agent.readFile(at(resource))),
    writeFile: (resource, content, { create, overwrite }) =>
      guarded(async () => {
        const path = at(resource);
        const expectedMtimeMs = overwrite ? shownMtimeMs.get(path) : undefined;
        shownMtimeMs.delete(path);
        const { mtimeMs } = await agent.writeFile(path, content, {
          create,
          overwrite,
          ...(mode === undefined ? {} : { mode }),
          ...(expectedMtimeMs ? { expectedMtimeMs } : {}),
        });
        shownMtimeMs.set(path, mtimeMs);
      }),
    mkdir: (resource) =>
      guarded(() => agent.call('files.makeDirectory', { path: at(resource) }).then(nothing)),
    delete: (resource, { recursive }) =>
      guarded(() => agent.call('files.remove', { path: at(resource), recursive }).then(nothing)),
    rename: (from, to, { overwrite }) =>
      guarded(() =>
        agent.call('files.rename', { from: at(from), to: at(to), overwrite }).then(nothing),
      ),
    copy: (from, to, { overwrite }) =>
      guarded(() =>
        agent.call('files.copy', { from: at(from), to: at(to), overwrite }).then(nothing),
      ),
  };
}

const nothing = () => undefined;

const kinds = {
  added: FileChangeType.ADDED,
  changed: FileChangeType.UPDATED,
  removed: FileChangeType.DELETED,
};

function fileType({ type, targetType }: FileEntry | FileStat): FileType {
  if (type === 'file') return FileType.File;
  if (type === 'directory') return FileType.Directory;
  if (type === 'other') return FileType.Unknown;
  if (targetType === 'directory') return FileType.SymbolicLink | FileType.Directory;
  if (targetType === 'file') return FileType.SymbolicLink | FileType.File;
  return FileType.SymbolicLink;
}

function watch(
  agent: Agent,
  params: { path: string; recursive: boolean; excludes: string[] },
  failed: (reason: string) => void,
) {
  const started = agent.call('files.watch', params);
  started.catch((error: unknown) => {
    // VS Code also watches files that may appear later, such as .vscode/settings.json.
    if (!isFault(error, 'E_FILE_UNKNOWN')) failed(String(error));
  });
  return {
    dispose() {
      started
        .then(({ watch: id }) => agent.call('files.unwatch', { watch: id }))
        // A watch that never was, or whose connection is gone, needs no end.
        .catch(nothing);
    },
  };
}

/** Runs it; a fault becomes the error that VS Code knows what to do with. */
async function guarded<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isFault(error)) throw error;
    const kind = fileErrorKind(error);
    if (kind === 'Modified')
      throw new FileOperationError(error.message, FileOperationResult.FILE_MODIFIED_SINCE);
    const shown = FileSystemProviderError.create(
      fullMessage(error),
      FileSystemProviderErrorCode[kind],
    );
    // VS Code writes the name before the message; ours needs no "Unknown (FileSystemError):".
    if (kind === 'Unknown') shown.name = '';
    throw shown;
  }
}
