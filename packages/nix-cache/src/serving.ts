/** Answers to GET and HEAD over Node's HTTP. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import { type Fault, fault } from '@joh/protocol';
import type { FileSender } from './file-sender.ts';
import { getNote } from './notes.ts';
import { findNar, findPath, narOf, type Parts } from './parts.ts';
import { parseRange, type Wanted } from './request.ts';
import { storeFolder } from './store-path.ts';
import type { Upstream } from './upstream.ts';

export type ServingParts = Parts & { sender: FileSender; upstream: Upstream | null };

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  namespace: string;
}

export const contentTypes = {
  narinfo: 'text/x-nix-narinfo',
  nar: 'application/x-nix-nar',
  info: 'text/x-nix-cache-info',
  json: 'application/json',
  text: 'text/plain; charset=utf-8',
} as const;

/** An archive never changes, and whoever may read it, may keep it. */
export const narCaching = 'private, max-age=31536000, immutable';

/** @throws {Fault} `E_ROUTE_UNKNOWN` and what upstreams give. */
export async function serve(
  parts: ServingParts,
  exchange: Exchange,
  wanted: Wanted,
): Promise<void> {
  if (wanted.kind === 'nar') return serveNar(parts, exchange, wanted.name);
  const { body, type } = await bodyOf(parts, exchange, wanted);
  const { request, response } = exchange;
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  response.writeHead(200, { 'content-type': type, 'content-length': bytes });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** What every Nix asks first: mass queries are welcome, and this cache comes before the public one (40). */
function cacheInfo(): string {
  return `StoreDir: ${storeFolder}\nWantMassQuery: 1\nPriority: 30\n`;
}

async function bodyOf(
  parts: ServingParts,
  { request, namespace }: Exchange,
  wanted: Exclude<Wanted, { kind: 'nar' }>,
): Promise<{ body: string | Buffer; type: string }> {
  switch (wanted.kind) {
    case 'info':
      return { body: cacheInfo(), type: contentTypes.info };
    case 'public-keys':
      return { body: `${publicKeys(parts, namespace).join('\n')}\n`, type: contentTypes.text };
    case 'narinfo':
      return {
        body: (await requirePath(parts, request, namespace, wanted.hash)).text,
        type: contentTypes.narinfo,
      };
    case 'listing': {
      const path = await requirePath(parts, request, namespace, wanted.hash);
      const listing = parts.catalogue.listing(narOf(path.text));
      if (!listing) throw unknown(request);
      return { body: await promisify(zstdDecompress)(listing), type: contentTypes.json };
    }
    default: {
      const note = await getNote(parts, namespace, wanted.kind, wanted.path);
      if (!note) throw unknown(request);
      return { body: note, type: wanted.kind === 'log' ? contentTypes.text : contentTypes.json };
    }
  }
}

/** The keys to trust for what a namespace shows. */
export function publicKeys({ keyring, base }: Parts, namespace: string): string[] {
  return [...new Set([namespace, base])].flatMap((one) => keyring.publicKeys(one));
}

async function requirePath(
  parts: ServingParts,
  request: IncomingMessage,
  namespace: string,
  hash: string,
) {
  const found = findPath(parts, namespace, hash);
  if (found) return found;
  if (await parts.upstream?.find(hash)) {
    const fetched = findPath(parts, namespace, hash);
    if (fetched) return fetched;
  }
  throw unknown(request);
}

async function serveNar(
  parts: ServingParts,
  { request, response, namespace }: Exchange,
  name: string,
): Promise<void> {
  const found = findNar(parts, namespace, name) ?? (await fetched(parts, namespace, name));
  if (!found) throw unknown(request);
  const { bytes } = found;
  const range = parseRange(request.headers.range, bytes);
  const headers = {
    'content-type': contentTypes.nar,
    'accept-ranges': 'bytes',
    'cache-control': narCaching,
    etag: `"${name}"`,
  };
  if (range === 'unsatisfiable') {
    response.writeHead(416, { 'content-range': `bytes */${bytes}`, 'content-length': 0 }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: bytes };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-length': end - start,
    ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${bytes}` } : {}),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.setTimeout(parts.limits.readerIdleMs, () => response.destroy());
  if (await parts.sender.send(response, name, { start, end, bytes })) response.end();
}

async function fetched(parts: ServingParts, namespace: string, name: string) {
  if (!(await parts.upstream?.fetchNar(name))) return undefined;
  return findNar(parts, namespace, name);
}

function unknown({ url = '/' }: IncomingMessage): Fault {
  return fault('E_ROUTE_UNKNOWN', { path: url.split('?', 1)[0] ?? '/' });
}
