/** Reads certificate signing requests (RFC 2986). */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { fault } from '@joh/protocol';
import { CertificationRequest } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';

/** Longer than any real request of one key; bounds what is parsed. */
const pemCharsMax = 16_384;
/** RFC 5758 §3.2, RFC 4055 §5 and RFC 8410 §3; the digest that each stands for. */
const digests: Record<string, string | null> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.3.101.112': null,
};
const rsaBitsMin = 2048;

/**
 * The public key of a request that was signed with its private half.
 * @throws E_REQUEST_INVALID
 */
export function decodeRequest(pem: string): KeyObject {
  const refuse = (reason: string, cause?: unknown) =>
    fault('E_REQUEST_INVALID', { reason: `the certificate request ${reason}` }, { cause });
  let request: CertificationRequest;
  let key: KeyObject;
  try {
    request = AsnConvert.parse(derOf(pem), CertificationRequest);
    const spki = AsnConvert.serialize(request.certificationRequestInfo.subjectPKInfo);
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (error) {
    throw refuse('cannot be read', error);
  }
  const weakness = weaknessOf(key);
  if (weakness) throw refuse(weakness);
  const digest = digests[request.signatureAlgorithm.algorithm];
  if (digest === undefined) throw refuse('is signed with an algorithm that is not accepted');
  const signed = request.certificationRequestInfoRaw;
  if (!signed || !verify(digest, Buffer.from(signed), key, Buffer.from(request.signature))) {
    throw refuse('is not signed with its own key');
  }
  return key;
}

function derOf(pem: string): Buffer {
  const block =
    pem.length <= pemCharsMax &&
    /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\sA-Za-z0-9+/=]+)-----END/.exec(pem);
  if (!block) throw new Error('no PEM block of a certificate request');
  return Buffer.from(block[1] ?? '', 'base64');
}

function weaknessOf(key: KeyObject): string | null {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return null;
  if (type === 'ec') {
    const isKnown = ['prime256v1', 'secp384r1', 'secp521r1'].includes(details?.namedCurve ?? '');
    return isKnown ? null : 'has a key on a curve that is not accepted';
  }
  if (type === 'rsa') {
    return (details?.modulusLength ?? 0) >= rsaBitsMin ? null : 'has an RSA key below 2048 bits';
  }
  return 'has a key of a kind that is not accepted';
}
