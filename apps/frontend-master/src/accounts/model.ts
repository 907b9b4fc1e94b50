import type { Account } from '@joh/protocol';

/** An account as FM sees it. */
export interface SignedInAccount extends Account {
  /** May see and change nodes and the pool. The first account of an installation is one. */
  isOperator: boolean;
}

/** What crosses to a client. */
export function accountBody({ id, email, name }: SignedInAccount): Account {
  return { id, email, name };
}
