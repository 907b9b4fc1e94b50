/** What the Nix cache is asked for, gives and holds. Namespaces are users' names: none is a label. */
import type { CacheAnswer, Collected } from '@joh/nix-cache';
import { Counter, Gauge, type Registry } from 'prom-client';

export interface CacheMeter {
  answered(answer: CacheAnswer): void;
  collected(collected: Collected): void;
  /** What it holds now, by layer. */
  holds(held: CacheHeld): void;
}

/** Paths and bytes of the namespaces of users together, of the base, and of what came from upstream. */
export type CacheHeld = Readonly<Record<'users' | 'base' | 'upstream', CacheLayer>>;

interface CacheLayer {
  paths: number;
  bytes: number;
}

const accesses = ['read', 'write'] as const;
const kinds = ['narinfo', 'nar', 'other'] as const;
const outcomes = ['served', 'missing', 'refused', 'failed', 'cut'] as const;

export function cacheMeter(registry: Registry): CacheMeter {
  const registers = [registry];
  const requests = new Counter({
    name: 'joh_cache_requests_total',
    help: 'Requests to the Nix cache by what they are for and how they ended.',
    labelNames: ['access', 'kind', 'outcome'],
    registers,
  });
  // A series that is not there is no zero to an alert.
  for (const access of accesses)
    for (const kind of kinds)
      for (const outcome of outcomes) requests.inc({ access, kind, outcome }, 0);
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const received = counter('joh_cache_received_bytes_total', 'Bytes of uploads to the Nix cache.');
  const sent = counter('joh_cache_sent_bytes_total', 'Bytes of answers of the Nix cache.');
  const evicted = counter(
    'joh_cache_evicted_paths_total',
    'Store paths that the Nix cache forgot, for lack of use or of room.',
  );
  const freed = counter('joh_cache_evicted_bytes_total', 'Bytes of files that went with them.');
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['layer'], registers });
  const paths = gauge('joh_cache_paths', 'Store paths in the Nix cache.');
  const bytes = gauge('joh_cache_bytes', 'Bytes that count against quotas in the Nix cache.');
  return {
    answered({ access, kind, outcome, receivedBytes, sentBytes }) {
      requests.inc({ access, kind, outcome });
      received.inc(receivedBytes);
      sent.inc(sentBytes);
    },
    collected({ paths: gone, bytes: size }) {
      evicted.inc(gone);
      freed.inc(size);
    },
    holds(held) {
      for (const [layer, one] of Object.entries(held)) {
        paths.set({ layer }, one.paths);
        bytes.set({ layer }, one.bytes);
      }
    },
  };
}
