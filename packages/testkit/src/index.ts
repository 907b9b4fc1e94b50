/** Clocks, misbehaving fakes and harnesses, for tests alone. */

export { debianBase } from './docker/debian-base.ts';
export {
  type ClusterNode,
  type DockerCluster,
  type DockerClusterOptions,
  startDockerCluster,
} from './docker/docker-cluster.ts';
export { type DockerHost, startDockerHost } from './docker/docker-host.ts';
export { askEngine, type EngineRequest } from './docker/engine-request.ts';
export { tracesOf } from './docker/traces.ts';
export { type FakeClock, fakeClock } from './fake-clock.ts';
export { type FakeFrontend, startFakeFrontend } from './fake-frontend.ts';
export {
  type FakeKey,
  type FakePublisher,
  fakeKey,
  startFakePublisher,
} from './fake-publisher.ts';
export { type Faults, type FaultyPipe, faultyPipe, type PipeEnd } from './faulty-pipe.ts';
export { leakCheck } from './leak-check.ts';
export { newerNix } from './newer-nix.ts';
export { createNixMachine, type NixMachine } from './nix-machine.ts';
export { nixPackages } from './nix-packages/nix-packages.ts';
export { type Postgres, startPostgres } from './postgres.ts';
export { isAlive, processesNaming } from './process-search.ts';
export { type Product, type ProductPlace, startProduct, withProduct } from './product.ts';
export { type SeededRandom, seededRandom } from './seeded-random.ts';
export { nixSeed, sessionSeed } from './session-seed/session-seed.ts';
export { createTrialMachine, type Trial, type TrialMachine } from './shell-trial.ts';
export { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';
export { type Truthy, type WaitOptions, waitFor } from './wait-for.ts';
