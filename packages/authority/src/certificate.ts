/** Writes X.509 certificates (RFC 5280). */
import {
  createHash,
  createPublicKey,
  type KeyObject,
  sign,
  type X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

/**
 * What a certificate is good for. A node's is a server's only: with a stolen one nobody commands
 * another node, since daemons take any client's that the authority signed.
 */
export type CertificateUse = 'node' | 'registry' | 'client';

export interface CertificateContent {
  serial: Uint8Array;
  name: string;
  publicKey: KeyObject;
  hosts: readonly Host[];
  use: CertificateUse | 'authority';
  from: Date;
  until: Date;
  /** `certificate` is null when it signs itself. */
  issuer: { key: KeyObject; certificate: X509Certificate | null };
}

export type Host = { dNSName: string } | { iPAddress: string };

/** The authority's keys are on P-256, RFC 5758 §3.2. */
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonName = '2.5.4.3';
/** RFC 1034 §3.1; a wildcard is not a host. */
const hostName =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
/** RFC 5280 appendix A: ub-common-name. */
const commonNameCharsMax = 64;

/** Reads a host name or an address; null when it is neither. */
export function readHost(text: string): Host | null {
  if (isIP(text)) return { iPAddress: text };
  return hostName.test(text) ? { dNSName: text } : null;
}

/** Signs the content; PEM. */
export function encodeCertificate(content: CertificateContent): string {
  const { issuer } = content;
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const subject = nameOf(content.name);
  const from = issuer.certificate && AsnConvert.parse(issuer.certificate.raw, Certificate);
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: positive(content.serial),
    signature: algorithm,
    issuer: from?.tbsCertificate.subject ?? subject,
    validity: new Validity({ notBefore: content.from, notAfter: content.until }),
    subject,
    subjectPublicKeyInfo: AsnConvert.parse(spkiOf(content.publicKey), SubjectPublicKeyInfo),
    extensions: new Extensions(extensionsOf(content)),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(body)), issuer.key);
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm: algorithm,
    signatureValue: bytes(signature),
  });
  const base64 = Buffer.from(AsnConvert.serialize(certificate)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extensionsOf({ publicKey, hosts, use, issuer }: CertificateContent): Extension[] {
  const isAuthority = use === 'authority';
  const flags = isAuthority
    ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign
    : KeyUsageFlags.digitalSignature;
  const purpose = use === 'client' ? id_kp_clientAuth : id_kp_serverAuth;
  const signer = issuer.certificate?.publicKey ?? publicKey;
  return [
    extension(
      id_ce_basicConstraints,
      new BasicConstraints(isAuthority ? { cA: true, pathLenConstraint: 0 } : {}),
      true,
    ),
    extension(id_ce_keyUsage, new KeyUsage(flags), true),
    ...(isAuthority ? [] : [extension(id_ce_extKeyUsage, new ExtendedKeyUsage([purpose]), true)]),
    extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(publicKey))),
    extension(
      id_ce_authorityKeyIdentifier,
      new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(signer)) }),
    ),
    ...(hosts.length > 0
      ? [
          extension(
            id_ce_subjectAltName,
            new SubjectAlternativeName(hosts.map((host) => new GeneralName(host))),
          ),
        ]
      : []),
  ];
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({
    extnID,
    critical,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

function nameOf(name: string): Name {
  const value = new AttributeValue({ utf8String: name.slice(0, commonNameCharsMax) });
  const part = new AttributeTypeAndValue({ type: commonName, value });
  return new Name([new RelativeDistinguishedName([part])]);
}

/** RFC 5280 §4.2.1.2 leaves the method open; RFC 7093 §2 (1): the first 160 bits of a SHA-256. */
function keyIdentifier(key: KeyObject): ArrayBuffer {
  const { subjectPublicKey } = AsnConvert.parse(spkiOf(key), SubjectPublicKeyInfo);
  const digest = createHash('sha256').update(Buffer.from(subjectPublicKey)).digest();
  return bytes(digest.subarray(0, 20));
}

function spkiOf(key: KeyObject): Buffer {
  const open = key.type === 'private' ? createPublicKey(key) : key;
  return open.export({ type: 'spki', format: 'der' });
}

/** A positive INTEGER in its shortest form, whatever the bytes are. */
function positive(serial: Uint8Array): ArrayBuffer {
  const copy = Uint8Array.from(serial);
  copy[0] = ((copy[0] ?? 0) & 0x7f) | 0x40;
  return bytes(copy);
}

/** A copy that ends where the view does. */
function bytes(view: Uint8Array): ArrayBuffer {
  return Uint8Array.from(view).buffer;
}
