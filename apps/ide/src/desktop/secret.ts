/**
 * The secret that the application put into the address: kept for this window alone, and taken off the address
 * at once, so that it is in no history and on no screen.
 */
const key = 'joh.secret';

/** What of the browser is used. */
interface Surroundings {
  location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  history: Pick<History, 'replaceState'>;
  storage: Pick<Storage, 'getItem' | 'setItem'>;
}

/** Null: this window was not opened by the application. */
export function takeSecret({ location, history, storage }: Surroundings): string | null {
  const [, given] = /^#t=([0-9a-f]{64})$/.exec(location.hash) ?? [];
  if (given) {
    storage.setItem(key, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return given ?? storage.getItem(key);
}
