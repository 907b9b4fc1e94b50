/** Keys, signatures and lifetimes: what the authority vouches for, and what it refuses. */
import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto';
import type { Clock, Random } from '@joh/clock';
import { fault } from '@joh/protocol';
import { type CertificateUse, encodeCertificate, readHost } from './certificate.ts';
import { decodeRequest } from './certificate-request.ts';

export type { CertificateUse };

/** What must outlive the process. `key` is the secret on which every node's trust rests. */
export interface StoredAuthority {
  /** PKCS #8 in PEM. */
  key: string;
  /** PEM. */
  certificate: string;
}

export interface AuthorityOptions {
  clock: Clock;
  /** Serial numbers come from it; keys come from the machine's own source. */
  random: Random;
  /** Of an earlier process. Default: a new authority. */
  stored?: StoredAuthority;
}

export interface IssueOptions {
  /** PKCS #10 in PEM. Of what it asks, its public key alone is taken. */
  csr: string;
  /** For people: the common name. */
  name: string;
  /** Host names and addresses at which the holder may be met. Empty for a client. */
  hosts: readonly string[];
  use: CertificateUse;
  /** Lifetime; never beyond the authority's own. */
  days: number;
}

/** A certificate and its private key, both PEM. */
export interface Identity {
  key: string;
  certificate: string;
}

export interface Authority extends StoredAuthority {
  /** SHA-256 of the certificate as `openssl x509 -fingerprint -sha256` prints it: `AB:CD:…`. */
  readonly fingerprint: string;
  /**
   * Signs a request's key for the given hosts and use.
   * @returns the certificate in PEM.
   * @throws E_REQUEST_INVALID when the request is not one, its signature is not by its key, its key is
   * weak, or a host is neither name nor address.
   */
  issue(options: IssueOptions): string;
  /** Makes a key here and signs it. Default lifetime: `defaultDays`. */
  newIdentity(options: Omit<IssueOptions, 'csr' | 'days'> & { days?: number }): Identity;
}

/** Short enough that a forgotten node drops out, long enough that nobody renews by hand every month. */
const defaultDays = 397;
const authorityDays = 3650;
/** Clocks of machines that were just installed differ by minutes. */
const skewMs = 5 * 60_000;
const dayMs = 86_400_000;
/** RFC 5280 §4.1.2.2 allows 20 bytes; 16 random ones do not meet twice. */
const serialBytes = 16;

/**
 * Makes it, or takes it up again.
 * @throws when what was stored is not a key and its certificate.
 */
export function createAuthority({ clock, random, stored }: AuthorityOptions): Authority {
  const root = stored ? restore(stored) : newRoot({ clock, random });
  const sign = (options: Omit<IssueOptions, 'csr'>, publicKey: KeyObject) => {
    const now = clock.now();
    const end = Math.min(now + options.days * dayMs, root.certificate.validToDate.getTime());
    return encodeCertificate({
      serial: random.bytes(serialBytes),
      name: options.name,
      publicKey,
      hosts: options.hosts.map(hostOf),
      use: options.use,
      from: new Date(now - skewMs),
      until: new Date(end),
      issuer: { key: root.key, certificate: root.certificate },
    });
  };
  return {
    key: pemOf(root.key),
    certificate: root.certificate.toString(),
    fingerprint: root.certificate.fingerprint256,
    issue: ({ csr, ...options }) => sign(options, decodeRequest(csr)),
    newIdentity(options) {
      const { publicKey, privateKey } = newKeys();
      return {
        key: pemOf(privateKey),
        certificate: sign({ days: defaultDays, ...options }, publicKey),
      };
    },
  };
}

interface Root {
  key: KeyObject;
  certificate: X509Certificate;
}

function restore(stored: StoredAuthority): Root {
  const key = createPrivateKey(stored.key);
  const certificate = new X509Certificate(stored.certificate);
  if (!certificate.ca || !certificate.checkPrivateKey(key)) {
    throw new Error('what was stored is not an authority: its key and certificate do not belong');
  }
  return { key, certificate };
}

function newRoot({ clock, random }: Pick<AuthorityOptions, 'clock' | 'random'>): Root {
  const { publicKey, privateKey } = newKeys();
  const pem = encodeCertificate({
    serial: random.bytes(serialBytes),
    name: 'Joy of Hardware',
    publicKey,
    hosts: [],
    use: 'authority',
    from: new Date(clock.now() - skewMs),
    until: new Date(clock.now() + authorityDays * dayMs),
    issuer: { key: privateKey, certificate: null },
  });
  return { key: privateKey, certificate: new X509Certificate(pem) };
}

/** P-256: every TLS stack has it, and a handshake costs a tenth of RSA's. */
function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function hostOf(text: string) {
  const host = readHost(text);
  if (host) return host;
  throw fault('E_REQUEST_INVALID', { reason: `${text} is neither a host name nor an address` });
}
