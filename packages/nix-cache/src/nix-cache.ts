import { mkdirSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type Clock, linger, type Random } from '@joh/clock';
import { type Fault, fault, isFault } from '@joh/protocol';
import { type CacheAnswer, watchAnswer } from './answer.ts';
import { type CacheStep, createArchives } from './archives.ts';
import { createCatalogue } from './catalogue.ts';
import { type Collected, type CollectionRequest, collect } from './collection.ts';
import { type CacheDatabase, openCacheDatabase } from './database.ts';
import { createFileSender } from './file-sender.ts';
import { createGrants, type Grants } from './grants.ts';
import { createKeyring, type Keyring } from './keyring.ts';
import { type CacheLimits, cacheLimits } from './limits.ts';
import { putNarInfo } from './nar-info-upload.ts';
import { putNar } from './nar-upload.ts';
import { putNote } from './notes.ts';
import { type Parts, upstreamNamespace } from './parts.ts';
import { createQuotas, type Quotas } from './quota.ts';
import { type Credentials, parseCachePath, type Wanted } from './request.ts';
import { dropBody, receiveBytes } from './request-body.ts';
import { signAgain } from './rotation.ts';
import { type Exchange, publicKeys, type ServingParts, serve } from './serving.ts';
import { createUpstream, type UpstreamOptions } from './upstream.ts';
import { createVerifier } from './verifier.ts';

/** A Nix binary cache with a namespace for each writer over a common base. */
export interface NixCache {
  /** Answers one request; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The keys to trust for what a namespace shows: its own and those of the base. */
  publicKeys(namespace: string): string[];
  readonly keyring: Keyring;
  readonly database: CacheDatabase;
  collect(request: CollectionRequest): Promise<Collected>;
  /** Bytes and paths of a namespace. */
  usage(namespace: string): { bytes: number; paths: number };
  namespaces(): string[];
  /** Takes up what another process has changed in the database: keys, quotas, roots. */
  reload(): Promise<void>;
  /** A credential has ended: everyone is asked for theirs again. */
  forgetGrants(): void;
  /** Ends what is under way and writes down what was used. */
  close(): Promise<void>;
  /** What the raw front needs. */
  readonly parts: FrontParts;
}

interface FrontParts {
  prefix: string;
  serving: ServingParts;
  grants: Grants;
}

export interface NixCacheOptions {
  /** A folder of the cache's own. */
  data: string;
  /** What paths start with, e.g. `/` or `/cache/`. */
  prefix: string;
  /** The namespace that lies under all others; default `base`. */
  base?: string;
  /** What the names of signing keys start with: usually the host. */
  keyName: string;
  /**
   * Decides by what the client showed (null: nothing). `E_CACHE_SIGNED_OUT` makes a client ask for
   * credentials. A `null` answer grants, and is remembered for some seconds.
   */
  authorize(
    credentials: Credentials | null,
    wanted: { namespace: string; access: 'read' | 'write' },
    address: string,
  ): Promise<Fault | null> | Fault | null;
  /** Who asks, where a proxy stands in front; default: the connection's other end. */
  clientAddress?(request: IncomingMessage): string;
  upstream?: UpstreamOptions;
  clock: Clock;
  random: Random;
  /** Hears of what went wrong inside or at the upstream: never of refusals. */
  onError(error: unknown, what: string): void;
  /** Hears of every exchange when it is over. */
  onAnswered?(answer: CacheAnswer): void;
  /** Hears of what was forgotten, for lack of use or of room. */
  onCollected?(collected: Collected): void;
  limits?: Partial<CacheLimits>;
  /** For tests: hears of each step before the next one is done. */
  onStep?(step: CacheStep): void;
}

/** Opens the cache, and removes what a crash left. One process at a time may have the folder. */
export function createNixCache(options: NixCacheOptions): NixCache {
  const { clock, prefix } = options;
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const database = openCacheDatabase(join(options.data, 'cache.sqlite'));
  const closing = new AbortController();
  const parts = makeParts(options, database, closing.signal);
  const quotas = createQuotas(parts);
  const grants = createGrants(options, parts.limits);
  const serving: ServingParts = {
    ...parts,
    sender: createFileSender(parts.archives),
    upstream: options.upstream ? createUpstream(parts, options.upstream) : null,
  };
  parts.archives.sweep(parts.catalogue.isHeld);
  clock.every(parts.limits.useIntervalMs, parts.catalogue.flush, closing.signal, (error) =>
    options.onError(error, 'uses could not be written down'),
  );
  const { clientAddress = ({ socket }) => socket.remoteAddress ?? '' } = options;
  const { onAnswered = () => undefined } = options;
  const handler = {
    ...{ prefix, parts: { ...serving, quotas }, grants, clock, clientAddress, onAnswered },
  };
  return {
    handle: (request, response) => handle(handler, request, response),
    database,
    keyring: parts.keyring,
    publicKeys: (namespace) => publicKeys(parts, namespace),
    collect: (request) => collectAndTell(options, parts, database, request),
    usage: (namespace) => ({
      bytes: parts.catalogue.bytes(namespace),
      paths: parts.catalogue.count(namespace),
    }),
    namespaces: parts.catalogue.namespaces,
    async reload() {
      parts.keyring.reload();
      grants.forget();
      await signAgain(parts);
    },
    forgetGrants: grants.forget,
    async close() {
      closing.abort(new Error('The cache is closing.'));
      await parts.verifier.close();
      parts.catalogue.flush();
      await database.settled();
      parts.archives.close();
      database.close();
    },
    parts: { prefix, serving, grants },
  };
}

function makeParts(options: NixCacheOptions, database: CacheDatabase, closing: AbortSignal): Parts {
  const { clock, onError, onStep = () => undefined } = options;
  const limits: CacheLimits = { ...cacheLimits, ...options.limits };
  const catalogue = createCatalogue(database, clock);
  const parts: Parts = {
    ...{ database, catalogue, limits, clock, onStep, onError, closing },
    base: options.base ?? 'base',
    archives: createArchives(options.data, onStep),
    verifier: createVerifier({
      threads: limits.verifyThreads,
      deadlineMs: limits.verifyDeadlineMs,
      clock,
    }),
    keyring: createKeyring({ ...options, database }),
    async makeRoom(namespace, bytes) {
      const bytesMax = Math.max(0, catalogue.bytes(namespace) - bytes);
      const policy = { usedSince: 0, bytesMax };
      return (await collectAndTell(options, parts, database, { namespace, policy })).bytes;
    },
  };
  return parts;
}

async function collectAndTell(
  { onCollected }: NixCacheOptions,
  parts: Parts,
  database: CacheDatabase,
  request: CollectionRequest,
): Promise<Collected> {
  const collected = await collect(parts, database, request);
  onCollected?.(collected);
  return collected;
}

interface Handler {
  prefix: string;
  parts: ServingParts & { quotas: Quotas };
  grants: Grants;
  clock: Clock;
  clientAddress(request: IncomingMessage): string;
  onAnswered(answer: CacheAnswer): void;
}

async function handle(handler: Handler, request: IncomingMessage, response: ServerResponse) {
  const { parts } = handler;
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const asked = parseCachePath(path, handler.prefix);
  watchAnswer(request, response, asked?.wanted ?? null, handler.onAnswered);
  let gone = false;
  response.once('close', () => {
    gone = true;
  });
  try {
    const access = accessOf(request.method);
    if (!asked || access === null || asked.namespace === upstreamNamespace)
      throw fault('E_ROUTE_UNKNOWN', { path });
    const { namespace, wanted } = asked;
    const address = handler.clientAddress(request);
    const refusal = await handler.grants.check(
      request.headers.authorization,
      { namespace, access },
      address,
    );
    if (refusal) throw refusal;
    if (access === 'read') return await serve(parts, { request, response, namespace }, wanted);
    await put(handler, { request, response, namespace }, wanted);
  } catch (error) {
    if (gone && !isFault(error)) return;
    if (!isFault(error) && !parts.closing.aborted)
      parts.onError(error, `${request.method} ${path}`);
    refuse(handler, request, response, faultFor(error));
  }
}

function accessOf(method: string | undefined): 'read' | 'write' | null {
  if (method === 'GET' || method === 'HEAD') return 'read';
  return method === 'PUT' ? 'write' : null;
}

/** Answers 200 when everything is on disk. */
async function put({ parts, clock }: Handler, exchange: Exchange, wanted: Wanted): Promise<void> {
  const { request, response, namespace } = exchange;
  const { limits } = parts;
  const bounds = (bytesMax: number) => ({ clock, limits: { ...limits, bytesMax } });
  /** What announces no length, or unpacks to more, is counted as the most that it may be. */
  const receive = (bytesMax: number, take: (body: Buffer) => Promise<void>) => {
    const announced = Number(request.headers['content-length'] ?? bytesMax);
    const isPlain = request.headers['content-encoding'] === undefined;
    const bytes = isPlain ? Math.min(announced, bytesMax) : bytesMax;
    return parts.quotas.withMemory(bytes, async () =>
      take(await receiveBytes(request, bounds(bytesMax))),
    );
  };
  switch (wanted.kind) {
    case 'nar':
      await putNar(parts, parts.quotas, namespace, wanted, request);
      break;
    case 'narinfo':
      await receive(limits.narInfoBytesMax, (body) =>
        putNarInfo(parts, namespace, wanted.hash, body),
      );
      break;
    case 'listing':
      // Ours is made from the archive itself, so that it is true.
      await dropBody(request, bounds(limits.listingBytesMax));
      break;
    case 'log':
    case 'realisation':
    case 'debuginfo': {
      const { kind, path } = wanted;
      await receive(kind === 'log' ? limits.logBytesMax : limits.noteBytesMax, (body) =>
        putNote(parts, namespace, { kind, path, body }),
      );
      break;
    }
    default:
      throw fault('E_CACHE_REFUSED', { namespace, access: 'write this file of' });
  }
  response.writeHead(200, { 'content-length': 0 }).end();
}

/** In plain text: Nix shows it. A client that is still sending is listened to until it has read it. */
function refuse(
  { clock }: Handler,
  request: IncomingMessage,
  response: ServerResponse,
  reason: Fault,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { code, message, todo } = reason.body();
  const text = `${message} ${todo} (${code})\n`;
  response.writeHead(reason.status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...(reason.status === 404 ? {} : { 'cache-control': 'no-store' }),
    ...(request.complete || isBodyless(request) ? {} : { connection: 'close' }),
    ...(reason.status === 401 ? { 'www-authenticate': 'Basic realm="nix cache"' } : {}),
    ...(reason.status === 429 ? { 'retry-after': String(reason.details.seconds) } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
  if (!isBodyless(request)) linger(request, clock);
}

function isBodyless({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function faultFor(error: unknown): Fault {
  if (isFault(error)) return error;
  const code = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  const isFull =
    code === 'ENOSPC' || code === 'EDQUOT' || Reflect.get(Object(error), 'errcode') === 13;
  return isFull ? fault('E_STORE_FULL') : fault('E_INTERNAL', { reference: 'see the log' });
}
