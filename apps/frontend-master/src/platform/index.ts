/** The ground FM's features stand on: configuration, data directory, store, log, HTTP, processes. */
export {
  type Configuration,
  ConfigurationError,
  describeConfiguration,
  type ReadConfiguration,
  readConfiguration,
} from './configuration.ts';
export { type DataDirectory, openDataDirectory } from './data-directory.ts';
export { isDiskFull, isTaken, toFault } from './faults.ts';
export { type HostNames, parseHostNames } from './host-names.ts';
export {
  createHttp,
  type Http,
  type HttpOptions,
  type RawHandler,
  type UpgradeHandler,
} from './http.ts';
export { createLogger, type Logger } from './logger.ts';
export { type Migration, StoreNewer } from './migration.ts';
export type { Route } from './routes.ts';
export { hashSecret, newSecret } from './secret.ts';
export { createShutdown, type Shutdown } from './shutdown.ts';
export { openStore, type Store, type StoreOptions } from './store.ts';
