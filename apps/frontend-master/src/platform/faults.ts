import { type Fault, fault, isFault } from '@joh/protocol';
import { z } from 'zod';

/** `SQLITE_FULL`, see sqlite.org/rescode.html. */
const sqliteFull = 13;
/** PostgreSQL `disk_full`, see its appendix "Error Codes". */
const postgresDiskFull = '53100';

/**
 * The fault that a thrown value means for the user. What is not foreseen becomes `E_INTERNAL` with
 * `reference`, under which the log has the whole story.
 */
export function toFault(error: unknown, reference: string): Fault {
  if (isFault(error)) return error;
  if (error instanceof z.ZodError) {
    return fault('E_REQUEST_INVALID', { reason: zodReason(error) }, { cause: error });
  }
  if (isDiskFull(error)) return fault('E_STORE_FULL', {}, { cause: error });
  const status = property(error, 'statusCode');
  if (status === 413) {
    return fault('E_REQUEST_TOO_LARGE', { limitBytes: Number(property(error, 'limitBytes') ?? 0) });
  }
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return fault('E_REQUEST_INVALID', { reason: requestReason(error) }, { cause: error });
  }
  return fault('E_INTERNAL', { reference }, { cause: error });
}

/** Reports whether the disk under the store or the data directory is full, causes included. */
export function isDiskFull(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = property(one, 'code');
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === postgresDiskFull) return true;
    if (code === 'ERR_SQLITE_ERROR' && Number(property(one, 'errcode')) % 256 === sqliteFull)
      return true;
  }
  return false;
}

/** Reports whether a unique constraint refused the row, on either database. */
export function isTaken(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    // PostgreSQL unique_violation; SQLITE_CONSTRAINT_UNIQUE and _PRIMARYKEY.
    if (property(one, 'code') === '23505') return true;
    const errcode = property(one, 'errcode');
    if (errcode === 2067 || errcode === 1555) return true;
  }
  return false;
}

/** `name: use 1 to 39 …`: the first field that is wrong, and its rule. */
function zodReason(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'it has another shape';
  const field = issue.path.join('.');
  return field ? `${field}: ${issue.message}` : issue.message;
}

function requestReason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : 'it cannot be read';
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
