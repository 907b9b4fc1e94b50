/** Signs again what was signed with other keys than those that sign now, in small steps. */
import { parseNarInfo } from './nar-info.ts';
import { type Parts, upstreamNamespace } from './parts.ts';

/** Paths looked at in one go: some milliseconds of signing at most. */
const batch = 100;

/** Returns how many narinfos have changed. */
export async function signAgain(parts: Parts): Promise<number> {
  const { catalogue, keyring, closing } = parts;
  let changed = 0;
  for (const namespace of catalogue.namespaces()) {
    const signer = namespace === upstreamNamespace ? parts.base : namespace;
    if (keyring.isSigned(namespace, signer)) continue;
    const signing = keyring.keysOf(signer);
    const keys = signing.map(({ name }) => `\nSig: ${name}:`);
    const hashes = catalogue.hashes(namespace);
    for (let at = 0; at < hashes.length && !closing.aborted; at += batch) {
      for (const hash of hashes.slice(at, at + batch)) {
        const text = catalogue.narInfo(namespace, hash);
        if (text === undefined || isSignedBy(text, keys, keyring.isOwn(signer))) continue;
        catalogue.replaceNarInfo(namespace, hash, keyring.sign(signer, parseNarInfo(text)));
        changed += 1;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!closing.aborted) keyring.setSigned(namespace, signing);
  }
  return changed;
}

/** Reports whether a narinfo has the signatures of these keys, and of no other key of ours. */
function isSignedBy(
  text: string,
  keys: readonly string[],
  isOwn: (keyName: string) => boolean,
): boolean {
  if (!keys.every((key) => text.includes(key))) return false;
  const own = [...text.matchAll(/^Sig: ([^:]+):/gm)].filter(([, name = '']) => isOwn(name));
  return own.every(([line]) => keys.includes(`\n${line}`));
}
