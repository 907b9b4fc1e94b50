/** Every bound of the cache, units in the names. */
import { strict as assert } from 'node:assert';

export const cacheLimits = {
  /** Of one compressed archive; the largest in the public cache are below 8 GiB. */
  fileBytesMax: 8 * 2 ** 30,
  /** Of one archive, unpacked. */
  narBytesMax: 32 * 2 ** 30,
  /** Disk images full of zeros shrink a thousandfold; what exceeds this is made to do harm. */
  expansionMax: 1_000,
  expansionFreeBytes: 256 * 2 ** 20,
  /** About 200,000 files in one path. */
  listingBytesMax: 16 * 2 ** 20,
  /** A narinfo with the most references that are taken is about this long. */
  narInfoBytesMax: 2 * 2 ** 20,
  /** One build log, unpacked. */
  logBytesMax: 16 * 2 ** 20,
  /** One realisation or debuginfo entry. */
  noteBytesMax: 64 * 1024,
  /** Short bodies that are in memory at the same time, of everybody together. */
  bodiesBytesMax: 96 * 2 ** 20,
  /** A body must bring at least so much in each window, or it is cut: 1 KiB/s. */
  uploadWindowMs: 20_000,
  uploadWindowBytesMin: 20 * 1024,
  /** A reader that takes nothing for so long, or asks for nothing, is cut off; nginx's `send_timeout`. */
  readerIdleMs: 60_000,
  /** Uploads of one namespace at once; Nix sends 25 (`http-connections`). */
  uploadsPerNamespaceMax: 64,
  uploadsMax: 512,
  /** Threads that unpack and hash; each needs about 40 MiB while it works. */
  verifyThreads: 2,
  verifyDeadlineMs: 10 * 60_000,
  /** A right answer to a token is remembered this long: a withdrawn token works no longer than that. */
  grantMemoryMs: 5_000,
  grantsRememberedMax: 10_000,
  /** Of one namespace, unless it has its own. */
  quotaBytes: 20 * 2 ** 30,
  /** Narinfos of one namespace: about 150,000 paths, each of which needs some memory. */
  textBytesMax: 128 * 2 ** 20,
  /** An archive whose narinfo never came is kept this long. */
  orphanKeptMs: 24 * 3_600_000,
  /** How often uses are written down; a crash forgets as much. */
  useIntervalMs: 60_000,
  /** Rows removed in one go: some milliseconds, then others have their turn. */
  removalBatch: 200,
  /** Archives that are being fetched from an upstream at once. */
  upstreamFetchesMax: 32,
  /** Answer of an upstream cache to a question about one path. */
  upstreamAskDeadlineMs: 10_000,
  /** Silence of an upstream within an archive. */
  upstreamIdleMs: 30_000,
  /** "Has it not" is remembered this long, as Nix's own `narinfo-cache-negative-ttl`. */
  upstreamMissMs: 3_600_000,
  upstreamMissesMax: 200_000,
  /** After a failure an upstream is left alone for this long. */
  upstreamPauseMs: 30_000,
} as const;

export type CacheLimits = { readonly [Key in keyof typeof cacheLimits]: number };

assert(cacheLimits.fileBytesMax <= cacheLimits.narBytesMax);
