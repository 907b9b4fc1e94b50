/** Texts that were asked for lately, up to a number of bytes; the least recently used goes first. */
export interface RecentTexts {
  get(namespace: string, hash: string): string | undefined;
  set(namespace: string, hash: string, text: string): void;
  delete(namespace: string, hash: string): void;
}

/**
 * Two generations instead of an order: what is asked for again moves to the young one; when that has
 * half of the bytes, the old one goes. A hit costs one look-up.
 */
export function createRecentTexts(bytesMax: number): RecentTexts {
  let young = new Map<string, string>();
  let old = new Map<string, string>();
  let bytes = 0;
  const keep = (key: string, text: string) => {
    if (bytes + text.length > bytesMax / 2) {
      old = young;
      young = new Map();
      bytes = 0;
    }
    bytes += text.length - (young.get(key)?.length ?? 0);
    young.set(key, text);
  };
  return {
    get(namespace, hash) {
      const key = `${hash}${namespace}`;
      const text = young.get(key);
      if (text !== undefined) return text;
      const aged = old.get(key);
      if (aged !== undefined) keep(key, aged);
      return aged;
    },
    set(namespace, hash, text) {
      const key = `${hash}${namespace}`;
      old.delete(key);
      keep(key, text);
    },
    delete(namespace, hash) {
      const key = `${hash}${namespace}`;
      bytes -= young.get(key)?.length ?? 0;
      young.delete(key);
      old.delete(key);
    },
  };
}
