import { join } from 'node:path';
import { systemClock } from '@joh/clock';
import { buildSessionImage } from '@joh/engine';
import { root } from './root.ts';

const tag = 'joh-session:e2e';
const deadlineMs = 400_000;

/** Builds the session image on a daemon of the test, and returns its name. */
export async function buildImage(
  on: { socketPath: string; importBase(): Promise<string> },
  { toolchain }: { toolchain: boolean },
): Promise<string> {
  await buildSessionImage({
    clock: systemClock(),
    socketPath: on.socketPath,
    tag,
    base: await on.importBase(),
    recipe: join(root, 'ops', 'session-image'),
    agent: join(root, 'apps', 'agent', 'dist'),
    node: process.execPath,
    toolchain,
    signal: AbortSignal.timeout(deadlineMs),
  });
  return tag;
}
