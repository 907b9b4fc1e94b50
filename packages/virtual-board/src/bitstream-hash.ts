import { sha256 } from '@noble/hashes/sha2.js';

/**
 * Tells bitstreams apart: the SHA-256 of the file in hex. Not Web Crypto's, which a page without
 * https does not have.
 */
export function bitstreamHash(bitstream: Uint8Array): string {
  return [...sha256(bitstream)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
