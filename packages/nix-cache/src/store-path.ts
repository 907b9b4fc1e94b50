/** Names of store paths (Nix manual, "Store path"). Pure. */

export const storeFolder = '/nix/store';
/** Characters of the hash at the start of a store path's name. */
const hashCharacters = 32;

const form = /^[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+\-._?=]{1,211}$/;

/** Reports whether `name` is what may stand below `/nix/store/`. */
export function isStoreName(name: string): boolean {
  // As Nix itself: the part behind the hash is neither `.` nor `..`, nor does it start with one and a dash.
  return form.test(name) && !/^\.{1,2}(-|$)/.test(name.slice(hashCharacters + 1));
}

/** The name of a path below `/nix/store/`, or null. */
export function storeNameOf(path: string): string | null {
  if (!path.startsWith(`${storeFolder}/`)) return null;
  const name = path.slice(storeFolder.length + 1);
  return isStoreName(name) ? name : null;
}

/** The hash of a store name: what caches know a path by. */
export function hashPartOf(name: string): string {
  return name.slice(0, hashCharacters);
}
