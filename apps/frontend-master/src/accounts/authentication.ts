import { betterAuth } from 'better-auth';
import type { Logger, Store } from '#platform';

/** better-auth over the store, with its tables under our words. */
export type Authentication = ReturnType<typeof createAuthentication>;

export function createAuthentication(options: { store: Store; secret: string; logger: Logger }) {
  const { logger } = options;
  return betterAuth({
    database: {
      db: options.store.tables<unknown>(),
      type: options.store.kind,
      transaction: true,
    },
    secret: options.secret,
    // Its own routes are not served, so no address of it is ever used.
    baseURL: 'http://localhost',
    telemetry: { enabled: false },
    emailAndPassword: { enabled: true, minPasswordLength: 8, maxPasswordLength: 128 },
    user: {
      modelName: 'accounts',
      additionalFields: {
        operator: { type: 'boolean', input: false, required: true, defaultValue: false },
      },
    },
    session: { modelName: 'sign_ins' },
    account: { modelName: 'credentials' },
    verification: { modelName: 'verifications' },
    logger: {
      level: 'warn',
      log: (level, message) => logger[level]({ part: 'better-auth' }, message),
    },
  });
}
