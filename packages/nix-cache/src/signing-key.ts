/** Ed25519 keys in Nix's own form, `<name>:<base 64>` (`nix key generate-secret`). */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Random } from '@joh/clock';

export interface SigningKey {
  name: string;
  /** `<name>:<base 64>`: for `trusted-public-keys`. */
  publicText: string;
  /** `<name>:<base 64>` of the signature. */
  sign(text: string): string;
}

/** DER before the 32 bytes of an Ed25519 key (RFC 8410 §7 and §4). */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const keyName = /^[\w.+-]{1,120}$/;

/** A new key, as the text that is kept. */
export function generateSecretKey(name: string, random: Random): string {
  const seed = Buffer.from(random.bytes(32));
  const secret = createPrivateKey({
    key: Buffer.concat([privatePrefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return `${name}:${Buffer.concat([seed, rawPublic(createPublicKey(secret))]).toString('base64')}`;
}

/** @throws Error it is no secret key of Nix */
export function openSecretKey(text: string): SigningKey {
  const { name, bytes } = split(text.trim(), 64);
  const key = Buffer.concat([privatePrefix, bytes.subarray(0, 32)]);
  const secret = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  return {
    name,
    publicText: `${name}:${rawPublic(createPublicKey(secret)).toString('base64')}`,
    sign: (fingerprint) =>
      `${name}:${sign(null, Buffer.from(fingerprint), secret).toString('base64')}`,
  };
}

export interface PublicKey {
  name: string;
  verifies(text: string, signature: string): boolean;
}

/** @throws Error it is no public key of Nix */
export function openPublicKey(text: string): PublicKey {
  const { name, bytes } = split(text.trim(), 32);
  const key = createPublicKey({
    key: Buffer.concat([publicPrefix, bytes]),
    format: 'der',
    type: 'spki',
  });
  return {
    name,
    verifies(signed, signature) {
      const at = signature.indexOf(':');
      if (signature.slice(0, at) !== name) return false;
      return verify(null, Buffer.from(signed), key, Buffer.from(signature.slice(at + 1), 'base64'));
    },
  };
}

function split(text: string, length: number): { name: string; bytes: Buffer } {
  const at = text.indexOf(':');
  const name = text.slice(0, at);
  const bytes = Buffer.from(text.slice(at + 1), 'base64');
  if (!keyName.test(name) || bytes.length !== length)
    throw new Error('This is not a key of the form <name>:<base 64>.');
  return { name, bytes };
}

function rawPublic(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(publicPrefix.length);
}
