/** What is kept beside paths: build logs, realisations, and where debug symbols are. */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { type Fault, fault } from '@joh/protocol';
import { findNar, findPath, layersOf, type Parts } from './parts.ts';
import type { Quotas } from './quota.ts';
import { hashPartOf, isStoreName } from './store-path.ts';

export type NoteKind = 'log' | 'realisation' | 'debuginfo';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** A note as it was put, or undefined. */
export async function getNote(
  parts: Parts,
  namespace: string,
  kind: NoteKind,
  path: string,
): Promise<Buffer | undefined> {
  const body = storedNote(parts, namespace, path);
  if (!body) return undefined;
  const bytes = await decompress(body);
  // Symbols can be named before their archive arrives; they are shown once it is there.
  if (kind === 'debuginfo' && !hasArchive(parts, namespace, bytes)) return undefined;
  return bytes;
}

/** @throws {Fault} `E_CACHE_INVALID`, `E_CACHE_REFERENCE`, `E_CACHE_EXISTS`, `E_CACHE_QUOTA`. */
export async function putNote(
  parts: Parts & { quotas: Quotas },
  namespace: string,
  { kind, path, body }: { kind: NoteKind; path: string; body: Buffer },
): Promise<void> {
  const old = await getNote(parts, namespace, kind, path);
  const text = kind === 'log' ? body : await reviewed(parts, namespace, { kind, path, body, old });
  if (text === null) return;
  const packed = await compress(text);
  parts.quotas.check(namespace, packed.length);
  parts.catalogue.putNote(namespace, path, packed);
}

function storedNote(parts: Parts, namespace: string, path: string): Uint8Array | undefined {
  for (const layer of layersOf(parts, namespace)) {
    const body = parts.catalogue.note(layer, path);
    if (body) return body;
  }
  return undefined;
}

interface Note {
  kind: NoteKind;
  path: string;
  body: Buffer;
  /** What is there already. */
  old: Buffer | undefined;
}

/** What is stored of it; null when nothing is to do. */
async function reviewed(parts: Parts, namespace: string, note: Note): Promise<Buffer | null> {
  const json = readObject(note.body);
  if (note.kind === 'realisation') return reviewRealisation(parts, namespace, note, json);
  if (note.old) return null;
  const { archive, member } = json;
  const isArchive = typeof archive === 'string' && /^\.\.\/nar\/[\w.]+$/.test(archive);
  if (!isArchive || typeof member !== 'string')
    throw invalid('it is not {"archive": "../nar/…", "member": "…"}');
  return Buffer.from(JSON.stringify({ archive, member }));
}

function reviewRealisation(
  parts: Parts,
  namespace: string,
  { path, old }: Note,
  json: Record<string, unknown>,
): Buffer {
  const { id, outPath } = json;
  if (`realisations/${String(id)}.doi` !== path) throw invalid('id is not that of its address');
  if (typeof outPath !== 'string' || !isStoreName(outPath))
    throw invalid('outPath is not a store path name');
  if (!findPath(parts, namespace, hashPartOf(outPath)))
    throw fault('E_CACHE_REFERENCE', { reference: outPath });
  if (old && readObject(old).outPath !== outPath)
    throw fault('E_CACHE_EXISTS', { path: String(id) });
  // What Nix signs of it (`Realisation::fingerprint`): itself without signatures, keys in order.
  const { signatures: _, ...signed } = json;
  const fingerprint = JSON.stringify(sorted(signed));
  const keys = parts.keyring.keysOf(namespace);
  const others = Array.isArray(json.signatures) ? json.signatures.map(String).slice(0, 16) : [];
  const own = keys.map((key) => key.sign(fingerprint));
  const signatures = [...new Set([...others, ...own])].sort();
  return Buffer.from(JSON.stringify(sorted({ ...signed, signatures })));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]));
}

function hasArchive(parts: Parts, namespace: string, body: Buffer): boolean {
  const archive = String(readObject(body).archive).slice('../nar/'.length);
  return findNar(parts, namespace, archive) !== undefined;
}

function readObject(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw invalid('it is not a JSON object');
}

function invalid(reason: string): Fault {
  return fault('E_CACHE_INVALID', { reason });
}
