/** Container engines behind one interface. */
export type {
  ContainerSpec,
  Engine,
  EngineContainer,
  EngineEvent,
  EngineNode,
  FrontendReach,
  Isolation,
} from './engine.ts';
