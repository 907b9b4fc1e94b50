/** The Nix cache of users and of the base, at `/cache/<namespace>/`. */
export { authorizeNamespace, base, type NamespaceKeepers } from './access.ts';
export { type Cache, type CacheRoutesOptions, cachePrefix, cacheRoutes } from './routes.ts';
