/** Tokens of a cache that stands alone: each opens one namespace for reading, or for writing too. */
import { createHash } from 'node:crypto';
import type { Clock, Random } from '@joh/clock';
import { type Fault, fault } from '@joh/protocol';
import type { CacheDatabase } from './database.ts';
import type { Credentials } from './request.ts';

export interface Token {
  /** The first characters of its hash: what `remove` takes. */
  id: string;
  label: string;
  /** `*` is every namespace, the base too. */
  namespace: string;
  access: 'read' | 'write';
}

/** A visible prefix: a token that leaks is recognised by scanners. */
const prefix = 'joh_c_';
const idCharacters = 12;

/** Returns the secret, which is nowhere else. */
export function addToken(
  database: CacheDatabase,
  { clock, random }: { clock: Clock; random: Random },
  token: Omit<Token, 'id'>,
): string {
  const secret = prefix + Buffer.from(random.bytes(32)).toString('base64url');
  const at = Math.floor(clock.now() / 1000);
  const { label, namespace, access } = token;
  database.run(
    'insert into tokens values (?, ?, ?, ?, ?)',
    hash(secret),
    label,
    namespace,
    access,
    at,
  );
  return secret;
}

export function listTokens(database: CacheDatabase): Token[] {
  return database
    .statement('select * from tokens order by created_at, hash')
    .all()
    .map((row) => ({
      id: String(row.hash).slice(0, idCharacters),
      label: String(row.label),
      namespace: String(row.namespace),
      access: row.access === 'write' ? 'write' : 'read',
    }));
}

/** Reports whether there was one. */
export function removeToken(database: CacheDatabase, id: string): boolean {
  if (id.length !== idCharacters) return false;
  const sql = 'delete from tokens where substr(hash, 1, ?) = ?';
  return Number(database.statement(sql).run(idCharacters, id).changes) > 0;
}

/**
 * Null when the token opens the namespace. Everybody with a token reads the base, and with
 * `isPublic` also those without one.
 */
export function authorizeToken(
  database: CacheDatabase,
  { base, isPublic }: { base: string; isPublic: boolean },
  credentials: Credentials | null,
  wanted: { namespace: string; access: 'read' | 'write' },
): Fault | null {
  const isOpen = isPublic && wanted.namespace === base && wanted.access === 'read';
  if (!credentials) return isOpen ? null : fault('E_CACHE_SIGNED_OUT');
  const row = database
    .statement('select * from tokens where hash = ?')
    .get(hash(credentials.secret));
  if (!row) return isOpen ? null : fault('E_CACHE_SIGNED_OUT');
  const isHere =
    row.namespace === '*' ||
    row.namespace === wanted.namespace ||
    (wanted.namespace === base && wanted.access === 'read');
  if (isHere && (wanted.access === 'read' || row.access === 'write')) return null;
  return fault('E_CACHE_REFUSED', wanted);
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
