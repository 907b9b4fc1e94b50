/** Container engines behind one interface. */

export { createDockerEngine, type DockerEngineOptions } from './docker/docker-engine.ts';
export type { DockerEndpoint, DockerHostAddress, TlsIdentity } from './docker/host-address.ts';
export { buildSessionImage, type SessionImageOptions } from './docker/session-image.ts';
export type { SessionSeed } from './docker/session-seed.ts';
export type {
  ContainerSpec,
  Engine,
  EngineContainer,
  EngineEvent,
  EngineNode,
  FrontendReach,
  Isolation,
} from './engine.ts';
export {
  createFakeEngine,
  type FakeEngine,
  type FakeEngineOptions,
  type FakeLife,
} from './fake/fake-engine.ts';
export { isPersonality, type Personality, personalities } from './fake/personality.ts';
export { createFakeWorld, type FakeWorld, fakeNode } from './fake/world.ts';
export { createEngine, type EngineOptions } from './kinds.ts';
export { createLocalEngine, type LocalEngineOptions } from './local/local-engine.ts';
export { createSwarmEngine, type SwarmEngineOptions } from './swarm/swarm-engine.ts';
