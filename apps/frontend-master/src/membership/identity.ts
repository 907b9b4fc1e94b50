import { X509Certificate } from 'node:crypto';
import type { Authority, Identity } from '@joh/authority';
import type { Clock } from '@joh/clock';

/** What FM shows to the daemons of its nodes. Made by each process for itself, and never stored. */
export interface ClientIdentity {
  /** Valid for at least half of its life: it is replaced in time. */
  current(): Identity;
}

/** Short, because nobody can take it back: a daemon asks no list of revoked certificates. */
const days = 30;

/** Makes it, and makes another one when it is old. */
export function createClientIdentity(authority: Authority, clock: Clock): ClientIdentity {
  const make = () =>
    authority.newIdentity({ name: 'FrontendMaster', hosts: [], use: 'client', days });
  let identity = make();
  return {
    current() {
      if (isOld(identity.certificate, clock.now())) identity = make();
      return identity;
    },
  };
}

/** Reports whether more than half of a certificate's life is over. */
function isOld(certificate: string, now: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificate);
  return now > (validFromDate.getTime() + validToDate.getTime()) / 2;
}
