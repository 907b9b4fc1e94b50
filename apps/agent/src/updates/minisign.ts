/** Signatures of minisign(1): Ed25519 over a file's BLAKE2b-512, and over a comment that names the file. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';

export interface PublicKey {
  /** Eight bytes that a signature names its key by. */
  id: Buffer;
  key: KeyObject;
}

export interface FileSignature {
  keyId: Buffer;
  bytes: Buffer;
  /** The "trusted" one: it is signed too. */
  comment: string;
  commentSignature: Buffer;
}

/** The second line of a `minisign.pub`; null when it is none. */
export function readPublicKey(line: string): PublicKey | null {
  const bytes = bytesOf(line, 42);
  if (bytes?.toString('latin1', 0, 2) !== 'Ed') return null;
  const x = bytes.subarray(10).toString('base64url');
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    return { id: bytes.subarray(2, 10), key };
  } catch {
    return null;
  }
}

/** A `.minisig` file; null when it is none, or one of the kind before 2020 that hashes nothing. */
export function readSignature(text: string): FileSignature | null {
  const [untrusted = '', first = '', trusted = '', second = ''] = text.split(/\r?\n/);
  const signed = bytesOf(first, 74);
  const commentSignature = bytesOf(second, 64);
  const begin = 'trusted comment: ';
  if (!untrusted.startsWith('untrusted comment: ') || !trusted.startsWith(begin)) return null;
  if (!signed || !commentSignature || signed.toString('latin1', 0, 2) !== 'ED') return null;
  return {
    keyId: signed.subarray(2, 10),
    bytes: signed.subarray(10),
    comment: trusted.slice(begin.length),
    commentSignature,
  };
}

/** Whether the key's owner has written the comment. What it says of a file is to be believed then. */
export function isCommentSigned(signature: FileSignature, { id, key }: PublicKey): boolean {
  const { keyId, bytes, comment, commentSignature } = signature;
  const signed = Buffer.concat([bytes, Buffer.from(comment)]);
  return keyId.equals(id) && verify(null, signed, key, commentSignature);
}

/** `digest` is the file's BLAKE2b-512. */
export function isFileSigned(
  { keyId, bytes }: FileSignature,
  { id, key }: PublicKey,
  digest: Buffer,
): boolean {
  return keyId.equals(id) && verify(null, digest, key, bytes);
}

/** Name of the file that was signed, by the comment that minisign writes when it is given none. */
export function signedName({ comment }: FileSignature): string | null {
  const field = comment.split('\t').find((one) => one.startsWith('file:'));
  return field?.slice('file:'.length) ?? null;
}

function bytesOf(base64: string, length: number): Buffer | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === length ? bytes : null;
}
