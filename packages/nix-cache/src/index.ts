/** A Nix binary cache server. */
export { FolderBusy, lockFolder } from './folder-lock.ts';
export { createNixCache, type NixCache, type NixCacheOptions } from './nix-cache.ts';
export { encodeNix32 } from './nix-hash.ts';
export { type Credentials, parseCredentials } from './request.ts';
export { collectAll } from './schedule.ts';
