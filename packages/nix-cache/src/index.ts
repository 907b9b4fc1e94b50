/** A Nix binary cache server. */
export { createNixCache, type NixCache } from './nix-cache.ts';
export { encodeNix32 } from './nix-hash.ts';
