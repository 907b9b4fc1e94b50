import { createHash } from 'node:crypto';
import type { Random } from '@joh/clock';

/** A fresh secret: 32 random bytes, base64url (43 characters). */
export function newSecret(random: Random): string {
  return Buffer.from(random.bytes(32)).toString('base64url');
}

/** What is kept of a secret. It has 256 random bits, so a plain hash is enough. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
