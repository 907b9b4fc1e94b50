/** Randomness as a parameter. */
export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array;
}

/** The machine's cryptographic randomness. */
export function systemRandom(): Random {
  return { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) };
}

const alphabet = '0123456789abcdefghijklmnopqrstuv';

/** A fresh id `<kind>_<26 characters>`: 130 random bits in base32hex, lower case. */
export function newId(kind: string, random: Random): string {
  let text = '';
  for (const byte of random.bytes(26)) text += alphabet[byte & 31];
  return `${kind}_${text}`;
}
