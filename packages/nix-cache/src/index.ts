/** A Nix binary cache server. */
export type { CacheAnswer } from './answer.ts';
export type { Collected } from './collection.ts';
export { FolderBusy, lockFolder } from './folder-lock.ts';
export { createNixCache, type NixCache, type NixCacheOptions } from './nix-cache.ts';
export { encodeNix32 } from './nix-hash.ts';
export { type Credentials, parseCredentials } from './request.ts';
export { collectAll } from './schedule.ts';
