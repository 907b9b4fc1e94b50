/** What benches and other programs may use of FrontendMaster. */
export {
  type ClaimMeasurement,
  type ContainerStore,
  createContainerStore,
  measureClaims,
  nodesMigrations,
} from '#nodes';
export { createLogger, openStore, readConfiguration } from '#platform';
export {
  type FrontendMaster,
  type FrontendMasterOptions,
  startFrontendMaster,
} from './frontend-master.ts';
export { type SimulatedAgent, startSimulatedAgent } from './tunnel/simulated-agent.ts';
