/** What is written for the user's Nix. Pure. */
import type { Prepare } from '@joh/protocol';

/** Files and folders in the agent's folder for secrets. */
export interface NixPlaces {
  /** What must hold for the cache to be of use. */
  configuration: string;
  /** What the user's own configuration may say otherwise. */
  defaults: string;
  /** Holds the session's password, and is the only file that does. */
  netrc: string;
  /** Where finished builds are noted, a file each. */
  spool: string;
}

/** Another session's upload is found at the latest after this; Nix's own hour is for public caches. */
const missSeconds = 10;
const connectSeconds = 5;

/** What other configuration names stays; the cache's priority puts it before the public one. */
export function nixConfiguration(
  { url, publicKeys }: NonNullable<Prepare['cache']>,
  { netrc }: Pick<NixPlaces, 'netrc'>,
): string {
  return textOf([
    `extra-substituters = ${url}`,
    `extra-trusted-public-keys = ${publicKeys.join(' ')}`,
    `netrc-file = ${netrc}`,
  ]);
}

/** `hook` is run after each build; null: none is. */
export function nixDefaults(hook: string | null): string {
  return textOf([
    `narinfo-cache-negative-ttl = ${missSeconds}`,
    `connect-timeout = ${connectSeconds}`,
    // A cache that is away costs time only, and not much.
    'download-attempts = 3',
    'fallback = true',
    ...(hook === null ? [] : [`post-build-hook = ${hook}`]),
  ]);
}

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** For Nix and curl; in netrc a host has no port and no brackets. */
export function netrcOf(url: string, password: string): string {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  return `machine ${host} login session password ${password}\n`;
}

/**
 * The program that Nix runs after each build, while the build's user waits: one write to a file of its
 * own, named by the derivation. It never fails, since that would fail the build. Nix 2.8 says what was
 * built and not what came of it.
 */
export function hookProgram(spool: string): string {
  const folder = `'${spool.replaceAll("'", `'\\''`)}'`;
  return `#!/bin/sh
set -f
[ -z "$DRV_PATH" ] || printf '%s\\n' \${OUT_PATHS:-$DRV_PATH} 2>/dev/null > ${folder}/"\${DRV_PATH##*/}"
exit 0
`;
}

/** Reports whether a noted path is a derivation, whose outputs must be asked for. */
export function isDerivation(path: string): boolean {
  return /^\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+\.drv$/.test(path);
}

/** The store path that a path is in or is; null: it is in none, or a derivation, which nobody fetches. */
export function storePathOf(path: string): string | null {
  const [found] = /^\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+/.exec(path) ?? [];
  return found === undefined || found.endsWith('.drv') ? null : found;
}
