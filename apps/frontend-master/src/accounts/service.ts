import type { IncomingHttpHeaders } from 'node:http';
import type { Clock, Random } from '@joh/clock';
import {
  type Authorization,
  type AuthorizationCode,
  fault,
  type SignedIn,
  type SignIn,
  type SignUp,
  type UserId,
} from '@joh/protocol';

import { isTaken, type Logger, type Store } from '#platform';
import { type Attempts, createAttempts } from './attempts.ts';
import { type Authentication, createAuthentication } from './authentication.ts';
import { createAuthorizations } from './authorizations.ts';
import { createSignInCookie, type SignInCookie, tokenOf } from './cookie.ts';
import { accountBody, type SignedInAccount } from './model.ts';
import { createPasswords, type Passwords } from './passwords.ts';
import { accountOf, createSignIns, type SignIns } from './sign-ins.ts';

/** Who people are. */
export interface Accounts {
  /** @throws {Fault} `E_ACCOUNT_NAME_TAKEN`, `E_ACCOUNT_EMAIL_TAKEN`, `E_REQUEST_TOO_MANY`. */
  signUp(form: SignUp, address: string): Promise<SignedIn>;
  /** @throws {Fault} `E_ACCOUNT_PASSWORD_WRONG`, `E_REQUEST_TOO_MANY`. */
  signIn(form: SignIn, address: string): Promise<SignedIn>;
  /** The account lets a program of its computer sign in; gives where the browser goes next. */
  authorize(account: SignedInAccount, asked: Authorization): string;
  /** A sign-in for the program that shows its code. @throws {Fault} `E_ACCOUNT_CODE_WRONG` */
  redeem(shown: AuthorizationCode): Promise<SignedIn>;
  /** Ends the sign-in of the request, and runs what `onSignOut` registered. */
  signOut(request: WithHeaders): Promise<void>;
  /** The account that a request's cookie or bearer token signs in, or null. Any kind of request. */
  authenticate(request: WithHeaders): Promise<SignedInAccount | null>;
  /** @throws {Fault} `E_ACCOUNT_SIGNED_OUT`. */
  requireAccount(request: WithHeaders): Promise<SignedInAccount>;
  /**
   * For git's basic authentication: password or sign-in token of an account named by e-mail address
   * or name. Null when wrong. @throws {Fault} `E_REQUEST_TOO_MANY`.
   */
  authenticateBasic(
    login: string,
    secret: string,
    address: string,
  ): Promise<SignedInAccount | null>;
  /** Runs `end` after a user signed out; the sessions folder closes the user's sessions there. */
  onSignOut(end: (user: UserId) => Promise<void>): void;
  find(user: UserId): Promise<SignedInAccount | null>;
  readonly cookie: SignInCookie;
}

/** A request of Node or of Fastify. */
export interface WithHeaders {
  headers: IncomingHttpHeaders;
}

export interface AccountsOptions {
  store: Store;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Signs nothing that leaves the process; better-auth wants one. From `DataDirectory.secret`. */
  secret: string;
  /** Users reach the product by https. */
  isSecure: boolean;
  limits: {
    signInFailuresMax: number;
    signInFailuresPerAddressMax: number;
    signInWindowMs: number;
    signUpsPerAddressMax: number;
    signInKeysMax: number;
    signInLifetimeMs: number;
    gitPasswordMemoryMs: number;
    gitPasswordMemoryMax: number;
    authorizationCodeLifetimeMs: number;
    authorizationCodesMax: number;
  };
}

export function createAccounts(options: AccountsOptions): Accounts {
  const { limits, clock, random } = options;
  const authentication = createAuthentication(options);
  const cookie = createSignInCookie(options.isSecure);
  const attempts = createAttempts({
    clock,
    windowMs: limits.signInWindowMs,
    keysMax: limits.signInKeysMax,
  });
  const signIns = createSignIns({
    authentication,
    clock,
    random,
    lifetimeMs: limits.signInLifetimeMs,
  });
  const passwords = createPasswords({
    authentication,
    clock,
    random,
    memoryMs: limits.gitPasswordMemoryMs,
    memoryMax: limits.gitPasswordMemoryMax,
  });
  const authorizations = createAuthorizations({
    clock,
    random,
    signIns,
    lifetimeMs: limits.authorizationCodeLifetimeMs,
    max: limits.authorizationCodesMax,
  });
  const ends: ((user: UserId) => Promise<void>)[] = [];
  const authenticate: Accounts['authenticate'] = async ({ headers }) => {
    const token = tokenOf(headers, cookie.name);
    return token === null ? null : await signIns.find(token);
  };
  const parts = { options, authentication, attempts, signIns, passwords };
  return {
    cookie,
    authenticate,
    onSignOut: (end) => void ends.push(end),
    signUp: (form, address) => signUp(parts, form, address),
    signIn: (form, address) => signIn(parts, form, address),
    authenticateBasic: (login, secret, address) => authenticateBasic(parts, login, secret, address),
    authorize: ({ id }, asked) => authorizations.grant(id, asked),
    async redeem(shown) {
      const token = await authorizations.redeem(shown);
      const account = await signIns.find(token);
      if (!account) throw fault('E_ACCOUNT_CODE_WRONG');
      return { account: accountBody(account), token };
    },
    async signOut(request) {
      const token = tokenOf(request.headers, cookie.name);
      const account = token === null ? null : await signIns.find(token);
      if (token === null || account === null) return;
      await signIns.end(token);
      for (const end of ends) await end(account.id);
    },
    async requireAccount(request) {
      const account = await authenticate(request);
      if (!account) throw fault('E_ACCOUNT_SIGNED_OUT');
      return account;
    },
    async find(user) {
      const { adapter } = await authentication.$context;
      const where = [{ field: 'id', value: user }];
      const row = await adapter.findOne<Record<string, unknown>>({ model: 'user', where });
      return row ? accountOf(row) : null;
    },
  };
}

interface Parts {
  options: AccountsOptions;
  authentication: Authentication;
  attempts: Attempts;
  signIns: SignIns;
  passwords: Passwords;
}

async function signUp(parts: Parts, form: SignUp, address: string): Promise<SignedIn> {
  const { attempts, options } = parts;
  attempts.check(`up ${address}`, options.limits.signUpsPerAddressMax);
  attempts.count(`up ${address}`);
  const email = form.email.toLowerCase();
  const context = await parts.authentication.$context;
  await refuseTaken(parts, { email, name: form.name });
  // Before the transaction: SQLite has one writer, and hashing takes long on purpose.
  const password = await context.password.hash(form.password);
  const now = new Date(options.clock.now());
  const times = { createdAt: now, updatedAt: now };
  try {
    const account = await context.adapter.transaction(async (trx) => {
      const operator = (await trx.count({ model: 'user' })) === 0;
      const row = await trx.create<Record<string, unknown>, Record<string, unknown>>({
        model: 'user',
        data: { email, name: form.name, emailVerified: false, operator, ...times },
      });
      const account = accountOf(row);
      await trx.create({
        model: 'account',
        data: {
          userId: account.id,
          accountId: account.id,
          providerId: 'credential',
          password,
          ...times,
        },
      });
      return account;
    });
    return { account: accountBody(account), token: await parts.signIns.start(account.id) };
  } catch (error) {
    // Someone else took it between the look and the insert.
    if (isTaken(error)) await refuseTaken(parts, { email, name: form.name });
    throw error;
  }
}

async function refuseTaken(parts: Parts, wanted: { email: string; name: string }): Promise<void> {
  const { adapter } = await parts.authentication.$context;
  const exists = async (field: 'email' | 'name') =>
    (await adapter.findOne({ model: 'user', where: [{ field, value: wanted[field] }] })) !== null;
  if (await exists('email')) throw fault('E_ACCOUNT_EMAIL_TAKEN');
  if (await exists('name')) throw fault('E_ACCOUNT_NAME_TAKEN', { name: wanted.name });
}

async function signIn(parts: Parts, form: SignIn, address: string): Promise<SignedIn> {
  const account = await guarded(parts, form.email, address, () =>
    parts.passwords.verify(form.email, form.password),
  );
  if (!account) throw fault('E_ACCOUNT_PASSWORD_WRONG');
  return { account: accountBody(account), token: await parts.signIns.start(account.id) };
}

async function authenticateBasic(
  parts: Parts,
  login: string,
  secret: string,
  address: string,
): Promise<SignedInAccount | null> {
  const byToken = await parts.signIns.find(secret);
  if (byToken)
    return byToken.email === login.toLowerCase() || byToken.name === login ? byToken : null;
  const remembered = parts.passwords.remembered(login, secret);
  if (remembered) return remembered;
  const account = await guarded(parts, login, address, () => parts.passwords.verify(login, secret));
  if (account) parts.passwords.remember(login, secret, account);
  return account;
}

/** Lets wrong guesses through only so often, per account and address and per address. */
async function guarded(
  parts: Parts,
  login: string,
  address: string,
  verify: () => Promise<SignedInAccount | null>,
): Promise<SignedInAccount | null> {
  const { attempts, options } = parts;
  const one = `in ${address} ${login.toLowerCase()}`;
  const all = `in ${address}`;
  attempts.check(one, options.limits.signInFailuresMax);
  attempts.check(all, options.limits.signInFailuresPerAddressMax);
  // Counted before the slow check, so that guesses sent at once do not all pass.
  attempts.count(one);
  const account = await verify();
  if (account) attempts.forget(one);
  else attempts.count(all);
  return account;
}
