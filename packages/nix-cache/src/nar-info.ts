/** The text that describes one store path in a cache, and what is signed of it. Pure. */
import { parseSha256 } from './nix-hash.ts';
import { isStoreName, storeFolder, storeNameOf } from './store-path.ts';

export interface NarInfo {
  /** Name below `/nix/store/`. */
  name: string;
  /** Relative to the cache, e.g. `nar/<hash>.nar.zst`. */
  url: string;
  compression: string;
  /** Of the compressed file; base 32, without a prefix. Null where the writer does not say. */
  fileHash: string | null;
  fileBytes: number | null;
  /** Of the archive itself; base 32, without a prefix. */
  narHash: string;
  narBytes: number;
  /** Store names, sorted; the path itself may be among them. */
  references: string[];
  /** Name of the derivation, or null. */
  deriver: string | null;
  /** `<key name>:<base 64>`. */
  signatures: string[];
  /** Content address, as its writer gave it. */
  contentAddress: string | null;
}

/** More than Nix's largest known closures have of direct references. */
const referencesMax = 20_000;
const signaturesMax = 32;

/** A narinfo that cannot be used; the message says why. */
export class NarInfoInvalid extends Error {
  override readonly name = 'NarInfoInvalid';
}

/** Reads a narinfo; fields that Nix does not know are left out. @throws {NarInfoInvalid} */
export function parseNarInfo(text: string): NarInfo {
  const fields = fieldsOf(text);
  const one = (key: string) => fields.get(key)?.[0];
  const name = storeNameOf(one('StorePath') ?? '');
  if (name === null) throw new NarInfoInvalid(`StorePath is not a path below ${storeFolder}`);
  const fileHash = one('FileHash');
  const fileSize = one('FileSize');
  const deriver = one('Deriver') ?? 'unknown-deriver';
  if (deriver !== 'unknown-deriver' && !isStoreName(deriver))
    throw new NarInfoInvalid('Deriver is not a store path name');
  return {
    name,
    url: one('URL') ?? '',
    compression: one('Compression') || 'bzip2',
    fileHash: fileHash === undefined ? null : hashOf('FileHash', fileHash),
    fileBytes: fileSize === undefined ? null : sizeOf('FileSize', fileSize),
    narHash: hashOf('NarHash', one('NarHash')),
    narBytes: sizeOf('NarSize', one('NarSize')),
    references: referencesOf(one('References') ?? ''),
    deriver: deriver === 'unknown-deriver' ? null : deriver,
    signatures: (fields.get('Sig') ?? []).filter(isSignature).slice(0, signaturesMax),
    contentAddress: contentAddressOf(one('CA')),
  };
}

/** Writes it as Nix does; equal infos give equal texts. */
export function formatNarInfo(info: NarInfo): string {
  const lines = [
    `StorePath: ${storeFolder}/${info.name}`,
    `URL: ${info.url}`,
    `Compression: ${info.compression}`,
    ...(info.fileHash === null ? [] : [`FileHash: sha256:${info.fileHash}`]),
    ...(info.fileBytes === null ? [] : [`FileSize: ${info.fileBytes}`]),
    `NarHash: sha256:${info.narHash}`,
    `NarSize: ${info.narBytes}`,
    `References: ${info.references.join(' ')}`,
    ...(info.deriver === null ? [] : [`Deriver: ${info.deriver}`]),
    ...info.signatures.map((signature) => `Sig: ${signature}`),
    ...(info.contentAddress === null ? [] : [`CA: ${info.contentAddress}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** What a signature covers (`ValidPathInfo::fingerprint`): nothing else of a narinfo is signed. */
export function fingerprintOf(
  info: Pick<NarInfo, 'name' | 'narHash' | 'narBytes' | 'references'>,
): string {
  const references = info.references.map((name) => `${storeFolder}/${name}`).join(',');
  return `1;${storeFolder}/${info.name};sha256:${info.narHash};${info.narBytes};${references}`;
}

function fieldsOf(text: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const at = line.indexOf(': ');
    // `References:` of a path without any may have lost its space on the way.
    const key = at < 0 && line.endsWith(':') ? line.slice(0, -1) : line.slice(0, at);
    if (at < 0 && !line.endsWith(':')) throw new NarInfoInvalid('a line has no "name: value"');
    const values = fields.get(key) ?? [];
    values.push(at < 0 ? '' : line.slice(at + 2));
    if (values.length > 1 && key !== 'Sig') throw new NarInfoInvalid(`${key} is there twice`);
    fields.set(key, values);
  }
  return fields;
}

function hashOf(field: string, value: string | undefined): string {
  const hash = parseSha256(value ?? '');
  if (hash === null) throw new NarInfoInvalid(`${field} is not a SHA-256`);
  return hash;
}

function sizeOf(field: string, value: string | undefined): number {
  const size = /^\d{1,15}$/.test(value ?? '') ? Number(value) : 0;
  if (size === 0) throw new NarInfoInvalid(`${field} is not a size in bytes`);
  return size;
}

function referencesOf(value: string): string[] {
  const names = value.split(' ').filter(Boolean);
  if (names.length > referencesMax) throw new NarInfoInvalid('it has too many references');
  const bad = names.find((name) => !isStoreName(name));
  if (bad !== undefined) throw new NarInfoInvalid('a reference is not a store path name');
  return [...new Set(names)].sort();
}

function isSignature(text: string): boolean {
  return /^[^\s:]{1,200}:[A-Za-z0-9+/]{86}==$/.test(text);
}

function contentAddressOf(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  if (!/^[a-z0-9:+/=-]{1,200}$/i.test(value)) throw new NarInfoInvalid('CA has another form');
  return value;
}
