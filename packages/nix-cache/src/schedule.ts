/** When a cache that stands alone forgets what nobody uses. */
import type { NixCache } from './nix-cache.ts';
import { upstreamNamespace } from './parts.ts';

export interface Keeping {
  /** Days without a use after which a path goes; for namespaces and for what came from upstream. */
  keepDays: number;
  /** The same for the base; null keeps all of it. */
  baseKeepDays: number | null;
  base: string;
}

/** Collects every namespace once, the base last: what lies above it no longer holds it then. */
export async function collectAll(
  cache: Pick<NixCache, 'collect' | 'namespaces'>,
  now: number,
  { keepDays, baseKeepDays, base }: Keeping,
): Promise<string[]> {
  const order = [base, upstreamNamespace];
  const namespaces = cache
    .namespaces()
    .sort((a, b) => order.indexOf(a) - order.indexOf(b) || (a < b ? -1 : 1));
  const lines: string[] = [];
  for (const namespace of namespaces) {
    const days = namespace === base ? baseKeepDays : keepDays;
    if (days === null) continue;
    const usedSince = Math.ceil(now / 1000) - days * 24 * 3600;
    const { paths, nars, bytes } = await cache.collect({ namespace, policy: { usedSince } });
    lines.push(`${namespace}: ${paths} paths, ${nars} archives, ${bytes} bytes`);
  }
  return lines;
}
