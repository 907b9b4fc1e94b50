/** What is written for the user's Nix. Pure. */
import type { Prepare } from '@joh/protocol';

/** Files and folders in the agent's folder for secrets. */
export interface NixPlaces {
  configuration: string;
  /** Holds the session's password, and is the only file that does. */
  netrc: string;
  /** Where finished builds are noted, a file each. */
  spool: string;
}

/** Another session's upload is found at the latest after this; Nix's own hour is for public caches. */
const missSeconds = 10;
const connectSeconds = 5;

/**
 * The lines of `nix.conf`. What the machine's own configuration names stays; the cache's priority puts it
 * before the public one.
 */
export function nixConfiguration(
  { url, publicKeys }: NonNullable<Prepare['cache']>,
  places: NixPlaces,
  hook: string | null,
): string {
  const lines = [
    `extra-substituters = ${url}`,
    `extra-trusted-public-keys = ${publicKeys.join(' ')}`,
    `netrc-file = ${places.netrc}`,
    `narinfo-cache-negative-ttl = ${missSeconds}`,
    `connect-timeout = ${connectSeconds}`,
    // A cache that is away must cost time only.
    'fallback = true',
    ...(hook === null ? [] : [`post-build-hook = ${hook}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** For Nix and curl; in netrc a host has no port and no brackets. */
export function netrcOf(url: string, password: string): string {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return `machine ${host} login session password ${password}\n`;
}

/**
 * The program that Nix runs after each build, while the build's user waits: one write to a file of its
 * own, named by the derivation. It never fails, since that would fail the build.
 */
export function hookProgram(spool: string): string {
  const folder = `'${spool.replaceAll("'", `'\\''`)}'`;
  return `#!/bin/sh
set -f
[ -z "$OUT_PATHS" ] || printf '%s\\n' $OUT_PATHS 2>/dev/null > ${folder}/"\${DRV_PATH##*/}"
exit 0
`;
}

/** The store path that a path is in or is; null: it is in none, or a derivation, which nobody fetches. */
export function storePathOf(path: string): string | null {
  const [found] = /^\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+/.exec(path) ?? [];
  return found === undefined || found.endsWith('.drv') ? null : found;
}
