/** The Nix cache of users and of the base, at `/cache/<namespace>/`. */
export { type CacheRoutesOptions, cachePrefix, cacheRoutes } from './routes.ts';
