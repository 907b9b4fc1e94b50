/** The built page of the IDE, as its servers send it. */

/**
 * For the `script-src` of the page's policy: the hash of the one script that is in the page itself, as
 * the build noted it; empty where it noted none.
 */
export function inlineScriptHash(page: string): string {
  const [, hash] = /<meta name="joh-inline" content="(sha256-[A-Za-z0-9+/]{43}=)"/.exec(page) ?? [];
  return hash ? `'${hash}'` : '';
}
