import { fault } from '@joh/protocol';
import { type NarInfo, NarInfoInvalid, parseNarInfo } from './nar-info.ts';
import { fieldOf, findNar, findPath, type Parts } from './parts.ts';
import type { Quotas } from './quota.ts';
import { hashPartOf, storeFolder } from './store-path.ts';
import type { Upstream } from './upstream.ts';

/**
 * `PUT <hash>.narinfo`: everything that it says is compared with what was verified before, then it is
 * signed and recorded.
 * @throws {Fault} `E_CACHE_INVALID`, `E_CACHE_REFERENCE`, `E_CACHE_EXISTS`, `E_CACHE_QUOTA`.
 */
export async function putNarInfo(
  parts: Parts & { quotas: Quotas; upstream: Upstream | null },
  namespace: string,
  hash: string,
  body: Buffer,
): Promise<void> {
  const info = parse(body);
  if (hashPartOf(info.name) !== hash) throw invalid('StorePath is not the path of this address');
  if (isThere(parts, namespace, info)) return parts.database.settled();
  matchNar(parts, namespace, info);
  await askUpstream(parts, namespace, info);
  const text = parts.keyring.sign(namespace, info);
  // Done in one turn: what a reference leads to cannot go before the path is there.
  await parts.database.durably(() => record(parts, namespace, info, text));
  parts.onStep('path-recorded');
}

function record(
  parts: Parts & { quotas: Quotas },
  namespace: string,
  info: NarInfo,
  text: string,
): void {
  if (isThere(parts, namespace, info)) return;
  const nar = matchNar(parts, namespace, info);
  for (const name of info.references) {
    if (name !== info.name && !isReference(parts, namespace, name))
      throw fault('E_CACHE_REFERENCE', { reference: `${storeFolder}/${name}` });
  }
  parts.quotas.check(namespace, text.length);
  if (parts.catalogue.textBytes(namespace) + text.length > parts.limits.textBytesMax)
    throw fault('E_CACHE_QUOTA', { namespace, limitBytes: parts.limits.textBytesMax });
  takeNar(parts, namespace, nar);
  const { name, references } = info;
  parts.catalogue.addPath(namespace, { name, nar, text, references });
}

function parse(body: Buffer): NarInfo {
  try {
    return parseNarInfo(body.toString());
  } catch (error) {
    if (error instanceof NarInfoInvalid) throw invalid(error.message);
    throw error;
  }
}

function invalid(reason: string) {
  return fault('E_CACHE_INVALID', { reason });
}

/** A path never changes: the same again is accepted, anything else is not. */
function isThere(parts: Parts, namespace: string, info: NarInfo): boolean {
  const found = findPath(parts, namespace, hashPartOf(info.name));
  if (!found) return false;
  const isSame =
    fieldOf(found.text, 'StorePath') === `${storeFolder}/${info.name}` &&
    fieldOf(found.text, 'NarHash') === `sha256:${info.narHash}`;
  if (!isSame) throw fault('E_CACHE_EXISTS', { path: `${storeFolder}/${info.name}` });
  return true;
}

/** The archive that the narinfo names, if it says of it what is true. Returns its file name. */
function matchNar(parts: Parts, namespace: string, info: NarInfo): string {
  const nar = info.url.startsWith('nar/') ? info.url.slice('nar/'.length) : '';
  const found = findNar(parts, namespace, nar);
  const facts = found && parts.catalogue.narFacts(found.namespace, nar);
  if (!facts) throw invalid('its URL names no archive that was uploaded before');
  if (info.compression !== facts.compression) throw invalid('Compression is not that of its file');
  if (info.fileHash !== null && info.fileHash !== nar.slice(0, info.fileHash.length))
    throw invalid('FileHash is not that of its file');
  if (info.fileBytes !== null && info.fileBytes !== facts.fileBytes)
    throw invalid('FileSize is not that of its file');
  if (info.narHash !== facts.narHash) throw invalid('NarHash is not that of its archive');
  if (info.narBytes !== facts.narBytes) throw invalid('NarSize is not that of its archive');
  return nar;
}

/** References that only another cache has are recorded here, as far as it knows them. */
async function askUpstream(
  parts: Parts & { upstream: Upstream | null },
  namespace: string,
  info: NarInfo,
): Promise<void> {
  for (const name of info.references) {
    if (name === info.name || findPath(parts, namespace, hashPartOf(name))) continue;
    const known = await parts.upstream?.find(hashPartOf(name));
    if (!known) throw fault('E_CACHE_REFERENCE', { reference: `${storeFolder}/${name}` });
  }
}

function isReference(parts: Parts, namespace: string, name: string): boolean {
  const found = findPath(parts, namespace, hashPartOf(name));
  return found !== undefined && fieldOf(found.text, 'StorePath') === `${storeFolder}/${name}`;
}

/** An archive that only a lower layer has becomes the namespace's own too: its path must not lose it. */
function takeNar(parts: Parts, namespace: string, nar: string): void {
  if (parts.catalogue.nar(namespace, nar) !== undefined) return;
  const lower = findNar(parts, namespace, nar);
  const facts = lower && parts.catalogue.narFacts(lower.namespace, nar);
  if (facts) parts.catalogue.addNar(namespace, nar, facts, null);
}
