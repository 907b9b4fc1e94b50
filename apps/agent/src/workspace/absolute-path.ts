/** Paths of the RPC: absolute, without NUL. */
import { isAbsolute, normalize } from 'node:path';
import { fault } from '@joh/protocol';

/** Normalises `path`; throws `E_REQUEST_INVALID` when it is relative or holds a NUL. */
export function absolutePath(path: string): string {
  if (!isAbsolute(path)) throw fault('E_REQUEST_INVALID', { reason: 'the path is not absolute' });
  if (path.includes('\0')) throw fault('E_REQUEST_INVALID', { reason: 'the path holds a NUL' });
  const normal = normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
