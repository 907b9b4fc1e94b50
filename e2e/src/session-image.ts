import { join } from 'node:path';
import { systemClock } from '@joh/clock';
import { buildSessionImage } from '@joh/engine';
import { sessionSeed } from '@joh/testkit';
import { root } from './root.ts';

const tag = 'joh-session:e2e';
const deadlineMs = 400_000;

/**
 * Builds the session image on a daemon of the test, and returns its name. `nix`: with a store that has the
 * tools of the templates, 460 MB.
 */
export async function buildImage(
  on: { socketPath: string; importBase(): Promise<string> },
  { toolchain, nix = false }: { toolchain: boolean; nix?: boolean },
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
    ...(nix && { seed: await sessionSeed() }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  return tag;
}
