/** The signing keys of namespaces: each has its own, so that nobody's paths pass for another's. */
import type { Clock, Random } from '@joh/clock';
import type { CacheDatabase } from './database.ts';
import { fingerprintOf, formatNarInfo, type NarInfo } from './nar-info.ts';
import { generateSecretKey, openSecretKey, type SigningKey } from './signing-key.ts';

export interface Keyring {
  /** The keys that sign for a namespace; the first use makes one. */
  keysOf(namespace: string): readonly SigningKey[];
  /** For `trusted-public-keys`. */
  publicKeys(namespace: string): string[];
  /** Another key beside those there are; from then on every path has its signature too. */
  add(namespace: string, secret?: string): SigningKey;
  /** The key signs no more. @throws Error it is the only one, or unknown */
  retire(namespace: string, name: string): void;
  /**
   * The narinfo with the signatures of the namespace's keys, in place of those of keys that it had
   * before; others' are kept. Ed25519 is deterministic: the same path and keys give the same text.
   */
  sign(namespace: string, info: NarInfo): string;
  /** Recognises the names of keys that this cache made for a namespace, past and present. */
  isOwn(namespace: string): (keyName: string) => boolean;
  /** Reports whether every path of `namespace` was last signed with the keys that `signer` has now. */
  isSigned(namespace: string, signer: string): boolean;
  /** Remembers that they are. */
  setSigned(namespace: string, keys: readonly SigningKey[]): void;
  /** Reads again what another process may have changed. */
  reload(): void;
}

export function createKeyring(options: {
  database: CacheDatabase;
  clock: Clock;
  random: Random;
  /** What a key's name starts with, e.g. the cache's host. */
  keyName: string;
}): Keyring {
  const { database, clock, random, keyName } = options;
  const kept = new Map<string, SigningKey[]>();
  const read = (namespace: string) => {
    const known = kept.get(namespace);
    if (known) return known;
    const rows = database
      .statement('select secret from keys where namespace = ? order by created_at, name')
      .all(namespace);
    const keys = rows.map(({ secret }) => openSecretKey(String(secret)));
    if (keys.length > 0) kept.set(namespace, keys);
    return keys;
  };
  const add: Keyring['add'] = (namespace, secret) => {
    const names = new Set(read(namespace).map(({ name }) => name));
    let number = names.size + 1;
    while (names.has(`${keyName}-${namespace}-${number}`)) number += 1;
    const text = secret ?? generateSecretKey(`${keyName}-${namespace}-${number}`, random);
    const key = openSecretKey(text);
    if (names.has(key.name)) throw new Error(`There is a key "${key.name}" already.`);
    const at = Math.floor(clock.now() / 1000);
    database.run('insert into keys values (?, ?, ?, ?)', namespace, key.name, text.trim(), at);
    kept.delete(namespace);
    return key;
  };
  const keysOf: Keyring['keysOf'] = (namespace) => {
    const keys = read(namespace);
    return keys.length > 0 ? keys : [add(namespace)];
  };
  const isOwn: Keyring['isOwn'] = (namespace) => {
    const prefix = `${keyName}-${namespace}-`;
    return (name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
  };
  return {
    add,
    keysOf,
    isOwn,
    sign(namespace, info) {
      return signNarInfo(info, keysOf(namespace), isOwn(namespace));
    },
    publicKeys: (namespace) => keysOf(namespace).map(({ publicText }) => publicText),
    retire(namespace, name) {
      const keys = read(namespace);
      if (!keys.some((key) => key.name === name)) throw new Error(`There is no key "${name}".`);
      if (keys.length === 1)
        throw new Error(`"${name}" is the only key of "${namespace}": add another first.`);
      database.run('delete from keys where namespace = ? and name = ?', namespace, name);
      kept.delete(namespace);
    },
    isSigned: (namespace, signer) =>
      database.statement('select keys from signed where namespace = ?').get(namespace)?.keys ===
      namesOf(keysOf(signer)),
    setSigned: (namespace, keys) =>
      database.run('insert or replace into signed values (?, ?)', namespace, namesOf(keys)),
    reload: () => kept.clear(),
  };
}

function namesOf(keys: readonly SigningKey[]): string {
  return keys.map(({ name }) => name).join(' ');
}

function signNarInfo(
  info: NarInfo,
  keys: readonly SigningKey[],
  isOwn: (keyName: string) => boolean,
): string {
  const fingerprint = fingerprintOf(info);
  const others = info.signatures.filter((one) => {
    const name = one.slice(0, one.indexOf(':'));
    return !isOwn(name) && !keys.some((key) => key.name === name);
  });
  const own = keys.map((key) => key.sign(fingerprint));
  return formatNarInfo({ ...info, signatures: [...others, ...own] });
}
