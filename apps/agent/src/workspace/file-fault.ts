/** What the system's errors about files mean to a user. */
import { type Fault, fault, isFault } from '@joh/protocol';

const refusals: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  EBUSY: 'it is in use',
  ETXTBSY: 'it is a running program',
  EXDEV: 'it is on another file system',
  EINVAL: 'the system calls it invalid',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EIO: 'the disk cannot be read or written',
  ERR_FS_CP_EINVAL: 'a folder cannot be copied into itself',
  ERR_FS_CP_FIFO_PIPE: 'it is a pipe',
  ERR_FS_CP_SOCKET: 'it is a socket',
  ERR_FS_CP_UNKNOWN: 'it is a device',
};

/**
 * Turns an error of `node:fs` into the fault of the table. A fault stays what it is, and so does
 * the reason of an abort.
 */
export function fileFault(error: unknown, path: string): Fault {
  if (isFault(error)) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  switch (code) {
    case 'ENOENT':
      return fault('E_FILE_UNKNOWN', { path }, { cause: error });
    case 'EEXIST':
    case 'ERR_FS_CP_EEXIST':
      return fault('E_FILE_EXISTS', { path }, { cause: error });
    case 'ENOTDIR':
      return fault('E_FILE_NOT_DIRECTORY', { path }, { cause: error });
    case 'EISDIR':
    case 'ENOTEMPTY':
    case 'ERR_FS_EISDIR':
      return fault('E_FILE_IS_DIRECTORY', { path }, { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return fault('E_DISK_FULL', { path }, { cause: error });
    default:
      return fault(
        'E_FILE_REFUSED',
        { path, reason: refusals[code] ?? (code || String(error)) },
        { cause: error },
      );
  }
}

/** Runs `work`; its errors become faults about `path`. */
export async function aboutFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileFault(error, path);
  }
}
