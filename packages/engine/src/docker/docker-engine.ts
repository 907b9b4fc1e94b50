import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import type { Engine } from '../engine.ts';

export interface DockerEngineOptions {
  clock: Clock;
  installation: string;
  image?: string;
  socketPath?: string;
}

export function createDockerEngine(_options: DockerEngineOptions): Engine {
  throw fault('E_ENGINE_REFUSED', { reason: 'the docker engine comes with the next change' });
}
