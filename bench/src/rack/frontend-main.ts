/** FrontendMaster over a fake engine; tells its parent which containers exist. */
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { createFakeEngine, createFakeWorld, fakeNode } from '@joh/engine';
import { createLogger, readConfiguration, startFrontendMaster } from '@joh/frontend-master';
import type { FromFrontendMaster } from './messages.ts';

const tell = (message: FromFrontendMaster) => void process.send?.(message);
const clock = systemClock();
const nodes = Array.from({ length: Number(process.env.JOH_BENCH_NODES) }, (_, at) =>
  fakeNode(`node${at}`, { cores: 28, memoryBytes: 128 * 2 ** 30 }),
);
const configuration = readConfiguration(process.env).values;
const frontendMaster = await startFrontendMaster({
  configuration,
  environment: process.env,
  root: join(import.meta.dirname, '..', '..', '..'),
  clock,
  random: systemRandom(),
  logger: createLogger({ level: configuration.JOH_LOG }),
  engine: createFakeEngine({
    clock,
    world: createFakeWorld(nodes),
    onCreate({ id, environment }, { signal }) {
      tell({ kind: 'created', id, environment });
      signal.addEventListener('abort', () => tell({ kind: 'ended', id }), { once: true });
    },
  }),
});
tell({ kind: 'listening', url: frontendMaster.url });
const stop = () => void frontendMaster.stop().then(() => process.exit());
for (const signal of ['SIGTERM', 'disconnect'] as const) process.once(signal, stop);
