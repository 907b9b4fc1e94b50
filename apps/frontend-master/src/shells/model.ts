import type { ShellRecord } from '@joh/protocol';

/** A record as FM remembers it. FM evaluates nothing, and reads no more of it than its form. */
export interface ShellRecordRow {
  namespace: string;
  /** SHA-256 of what decides which records can be meant, in hex. */
  place: string;
  /** SHA-256 of its inputs, in hex: another evaluation of the same takes its place. */
  id: string;
  record: ShellRecord;
  bytes: number;
  /** Milliseconds since 1970. */
  usedAt: number;
}

export interface ShellRecordBounds {
  /** One record. */
  shellRecordBytesMax: number;
  /** Records of one place: versions of one project's shell. */
  shellRecordsPerPlaceMax: number;
  /** Of one namespace. */
  shellBytesPerNamespaceMax: number;
}

/** What must go so that the rest fits; the least recently used go first. Pure. */
export function planGarbage(
  rows: readonly Omit<ShellRecordRow, 'record'>[],
  bounds: Pick<ShellRecordBounds, 'shellRecordsPerPlaceMax' | 'shellBytesPerNamespaceMax'>,
): Pick<ShellRecordRow, 'place' | 'id'>[] {
  const inPlace = new Map<string, number>();
  let bytes = 0;
  return rows
    .toSorted((a, b) => b.usedAt - a.usedAt)
    .filter((row) => {
      const count = (inPlace.get(row.place) ?? 0) + 1;
      const isKept =
        count <= bounds.shellRecordsPerPlaceMax &&
        bytes + row.bytes <= bounds.shellBytesPerNamespaceMax;
      if (!isKept) return true;
      inPlace.set(row.place, count);
      bytes += row.bytes;
      return false;
    })
    .map(({ place, id }) => ({ place, id }));
}
