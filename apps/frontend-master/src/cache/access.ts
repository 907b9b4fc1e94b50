/** Who may read and write which namespace. */
import { type Credentials, parseCredentials } from '@joh/nix-cache';
import { type Fault, fault, isFault, type UserId } from '@joh/protocol';
import type { Accounts } from '#accounts';
import type { Repositories } from '#repositories';

/** The namespace under all others: what session images and templates are made of. */
export const base = 'base';

/** Names that an account may have, and that are no namespaces of accounts. */
const reserved: ReadonlySet<string> = new Set([base, 'upstream']);

/** The namespace that an account writes; null for the few names that have none. */
export function namespaceOf(account: string): string | null {
  return reserved.has(account) ? null : account;
}

/** Who is asked about credentials: accounts, and the tokens of sessions. */
export interface NamespaceKeepers {
  accounts: Pick<Accounts, 'authenticate' | 'authenticateBasic' | 'find'>;
  tokens: Pick<Repositories['tokens'], 'verify'>;
}

export function cacheUsers({ accounts, tokens }: NamespaceKeepers): CacheUsers {
  return {
    ...accounts,
    verifySession: async (secret) => (await tokens.verify(secret, 'cache')).user,
  };
}

/**
 * The same rights for what else is kept by namespace. `authorization` is the request's header.
 * @throws {Fault} `E_CACHE_SIGNED_OUT`, `E_CACHE_REFUSED`, `E_REQUEST_TOO_MANY`
 */
export async function authorizeNamespace(
  keepers: NamespaceKeepers,
  client: { authorization: string | undefined; address: string },
  wanted: { namespace: string; access: 'read' | 'write' },
): Promise<void> {
  const credentials = parseCredentials(client.authorization);
  const refusal = await decideAccess(cacheUsers(keepers), credentials, wanted, client.address);
  if (refusal) throw refusal;
}

interface CacheUsers {
  /** The account of a name and password, or null. @throws {Fault} `E_REQUEST_TOO_MANY`. */
  authenticateBasic(login: string, secret: string, address: string): Promise<CacheUser | null>;
  /** The account that a bearer token signs in, or null. */
  authenticate(request: { headers: { authorization: string } }): Promise<CacheUser | null>;
  find(user: UserId): Promise<CacheUser | null>;
  /** Whose session it is. @throws {Fault} unknown, or outlived by a newer epoch */
  verifySession(secret: string): Promise<UserId>;
}

interface CacheUser {
  name: string;
  isOperator: boolean;
}

/**
 * Null grants. Everyone who is known reads the base, operators write it; a namespace is its
 * account's, from a container (login `session`, the token that git has there too) as from anywhere.
 */
export async function decideAccess(
  users: CacheUsers,
  credentials: Credentials | null,
  wanted: { namespace: string; access: 'read' | 'write' },
  address: string,
): Promise<Fault | null> {
  const user = credentials && (await userOf(users, credentials, address));
  if (!user) return fault('E_CACHE_SIGNED_OUT');
  // An account may have any name, this one too: it is no key to what all others trust.
  const isBase = wanted.namespace === base;
  const mayRead = isBase || namespaceOf(user.name) === wanted.namespace;
  const mayWrite = isBase ? user.isOperator && !user.isSession : mayRead;
  const isGranted = wanted.access === 'read' ? mayRead : mayWrite;
  return isGranted ? null : fault('E_CACHE_REFUSED', wanted);
}

async function userOf(
  users: CacheUsers,
  { login, secret }: Credentials,
  address: string,
): Promise<(CacheUser & { isSession: boolean }) | null> {
  if (login === 'session') {
    const user = await users.verifySession(secret).catch((error: unknown) => {
      if (isFault(error)) return null;
      throw error;
    });
    const account = user && (await users.find(user));
    return account ? { ...account, isSession: true } : null;
  }
  const account =
    login === ''
      ? await users.authenticate({ headers: { authorization: `Bearer ${secret}` } })
      : await users.authenticateBasic(login, secret, address);
  return account && { ...account, isSession: false };
}
