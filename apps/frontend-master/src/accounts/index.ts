/** Who people are: accounts, sign-ins, passwords. */
export { answerTo } from './authorizations.ts';
export { accountsMigrations } from './migrations.ts';
export { accountBody, type SignedInAccount } from './model.ts';
export { accountsRoutes } from './routes.ts';
export {
  type Accounts,
  type AccountsOptions,
  createAccounts,
  type WithHeaders,
} from './service.ts';
