/** Compute nodes and their containers: the pool that keeps enough of them warm. */
export { type ClaimMeasurement, measureClaims } from './claim-measurement.ts';
export type { ContainerChange, Nodes, NodesOptions } from './contracts.ts';
export { createEventStore } from './event-store.ts';
export { nodesMigrations } from './migrations.ts';
export type { Container } from './model.ts';
export { createPoolStore } from './pool-store.ts';
export { applyPoolWish, parsePoolWish } from './pool-wish.ts';
export { type ClassProfile, type NodeProfile, sizeNode } from './profile.ts';
export type { PoolLimits } from './reconciler.ts';
export { nodesRoutes } from './routes.ts';
export { createNodes } from './service.ts';
export { type ContainerStore, createContainerStore } from './store.ts';
