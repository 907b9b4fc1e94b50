import { createHmac } from 'node:crypto';
import type { Clock, Random } from '@joh/clock';
import type { Authentication } from './authentication.ts';
import type { SignedInAccount } from './model.ts';
import { accountOf } from './sign-ins.ts';

/** Checks passwords; hashing costs about 57 ms of one core (scrypt) on purpose. */
export interface Passwords {
  /** `login`: an e-mail address or an account's name. Null when either is wrong. */
  verify(login: string, password: string): Promise<SignedInAccount | null>;
  /**
   * For clients that send the password with every request (git sends three a push): a right one is
   * remembered for a short while, under a key of this process.
   */
  remember(login: string, password: string, account: SignedInAccount): void;
  remembered(login: string, password: string): SignedInAccount | null;
}

export function createPasswords(options: {
  authentication: Authentication;
  clock: Clock;
  random: Random;
  memoryMs: number;
  memoryMax: number;
}): Passwords {
  const { authentication, clock } = options;
  const key = options.random.bytes(32);
  const known = new Map<string, { account: SignedInAccount; untilMs: number }>();
  const nameOf = (login: string, password: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify([login, password]))
      .digest('base64');
  const verify: Passwords['verify'] = async (login, password) => {
    const context = await authentication.$context;
    const field = login.includes('@') ? 'email' : 'name';
    const where = [{ field, value: login.toLowerCase() }];
    const user = await context.adapter.findOne<{ id: string }>({ model: 'user', where });
    const credentials = user ? await context.internalAdapter.findAccounts(user.id) : [];
    const hash = credentials.find((one) => one.providerId === 'credential')?.password;
    if (!user || !hash) {
      // As long as for an account that exists: the time must not tell.
      await context.password.hash(password);
      return null;
    }
    return (await context.password.verify({ hash, password })) ? accountOf(user) : null;
  };
  return {
    verify,
    remember(login, password, account) {
      if (known.size >= options.memoryMax) known.clear();
      known.set(nameOf(login, password), {
        account,
        untilMs: clock.monotonic() + options.memoryMs,
      });
    },
    remembered(login, password) {
      const name = nameOf(login, password);
      const memory = known.get(name);
      if (memory && memory.untilMs > clock.monotonic()) return memory.account;
      known.delete(name);
      return null;
    },
  };
}
