/** A Nix binary cache server. */
export type { Collected } from './collection.ts';
export { createFront } from './front.ts';
export { createNixCache, type NixCache, type NixCacheOptions } from './nix-cache.ts';
export type { Credentials } from './request.ts';
