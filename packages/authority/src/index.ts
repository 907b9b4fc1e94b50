/** A certificate authority of an installation's own: who is a node, who may command one. */
export {
  type Authority,
  type AuthorityOptions,
  type CertificateUse,
  createAuthority,
  type Identity,
  type IssueOptions,
  type StoredAuthority,
} from './authority.ts';
