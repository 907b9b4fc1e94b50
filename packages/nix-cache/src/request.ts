/** What a request asks of the cache: its path, read strictly. Pure. */
import type { Compression } from './verification.ts';

export type Wanted =
  | { kind: 'info' | 'public-keys' }
  | { kind: 'narinfo' | 'listing'; hash: string }
  | { kind: 'nar'; name: string; fileHash: string; compression: Compression | null }
  | { kind: 'log' | 'realisation' | 'debuginfo'; path: string };

/** As the names of accounts: no dot and no slash, so no way out of anywhere. */
export const namespaceForm = /^[a-z0-9][a-z0-9-]{0,38}$/;

/** Nix's base 32 of 160 and of 256 bits. */
const hash = '[0-9a-df-np-sv-z]{32}';
const sha256 = '[0-9a-df-np-sv-z]{52}';
const narForm = new RegExp(`^nar/(${sha256})\\.nar(?:\\.(zst|xz|bz2|br|lz4|lzip))?$`);
const pathForm = new RegExp(`^(${hash})\\.(narinfo|ls)$`);
const logForm = new RegExp(`^log/(${hash}-[0-9A-Za-z+._?=-]{1,211}\\.drv)$`);
const realisationForm = /^realisations\/(sha256:[0-9a-f]{64}![0-9A-Za-z+._?=-]{1,100})\.doi$/;
const debuginfoForm = /^debuginfo\/([0-9a-f]{40})(?:\.debug)?$/;

/**
 * Splits `/<namespace>/<rest>` below `prefix` (which ends with a slash). Null when there is nothing of
 * that form, whatever is at it.
 */
export function parseCachePath(
  url: string,
  prefix: string,
): { namespace: string; wanted: Wanted } | null {
  if (!url.startsWith(prefix)) return null;
  const query = url.indexOf('?');
  const path = url.slice(prefix.length, query < 0 ? undefined : query);
  const slash = path.indexOf('/');
  const namespace = path.slice(0, slash);
  if (slash < 0 || !namespaceForm.test(namespace)) return null;
  const wanted = parseWanted(path.slice(slash + 1));
  return wanted && { namespace, wanted };
}

function parseWanted(rest: string): Wanted | null {
  const path = pathForm.exec(rest);
  if (path) return { kind: path[2] === 'ls' ? 'listing' : 'narinfo', hash: path[1] ?? '' };
  const nar = narForm.exec(rest);
  if (nar) {
    const compression = nar[2] === undefined ? 'none' : (compressionOf[nar[2]] ?? null);
    return { kind: 'nar', name: rest.slice('nar/'.length), fileHash: nar[1] ?? '', compression };
  }
  if (rest === 'nix-cache-info') return { kind: 'info' };
  if (rest === 'public-keys') return { kind: 'public-keys' };
  if (logForm.test(rest)) return { kind: 'log', path: rest };
  // curl leaves `!` and `:` as they are, other clients encode them.
  const decoded = rest.replace(/%21/g, '!').replace(/%3A/gi, ':');
  if (realisationForm.test(decoded)) return { kind: 'realisation', path: decoded };
  const debuginfo = debuginfoForm.exec(rest);
  if (debuginfo) return { kind: 'debuginfo', path: `debuginfo/${debuginfo[1]}` };
  return null;
}

const compressionOf: Readonly<Record<string, Compression>> = { zst: 'zstd', xz: 'xz' };

/** One part of a file: `Range: bytes=…` (RFC 9110 §14). Null: send all of it. */
export function parseRange(
  header: string | undefined,
  bytes: number,
): { start: number; end: number } | 'unsatisfiable' | null {
  const [, first = '', last = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return null;
  if (first === '') {
    const start = Math.max(0, bytes - Number(last));
    return Number(last) === 0 ? 'unsatisfiable' : { start, end: bytes };
  }
  const end = last === '' ? bytes : Math.min(bytes, Number(last) + 1);
  if (Number(first) >= bytes) return 'unsatisfiable';
  return Number(first) < end ? { start: Number(first), end } : null;
}

/** What a client shows: `Authorization: Basic …` (RFC 7617) or `Bearer …`; null when nothing. */
export interface Credentials {
  login: string;
  secret: string;
}

export function parseCredentials(header: string | undefined): Credentials | null {
  const [, scheme = '', value = ''] = /^(basic|bearer) +(\S+)$/i.exec(header ?? '') ?? [];
  if (scheme === '') return null;
  if (scheme.toLowerCase() === 'bearer') return { login: '', secret: value };
  const text = Buffer.from(value, 'base64').toString();
  const at = text.indexOf(':');
  return at < 0 ? null : { login: text.slice(0, at), secret: text.slice(at + 1) };
}
