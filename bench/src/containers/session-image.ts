import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildSessionImage, type SessionSeed } from '@joh/engine';
import type { DockerHost } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { root } from '../child.ts';

const deadlineMs = 300_000;

/**
 * Builds the session image on a daemon; its tool chain is left out, since no bench here uses it.
 * @param seed what its Nix store holds; without it, it has none
 */
export async function buildImage(
  { clock, say }: BenchContext,
  { socketPath, importBase }: Pick<DockerHost, 'socketPath' | 'importBase'>,
  seed?: SessionSeed,
): Promise<{ image: string; base: string }> {
  const agent = join(root, 'apps/agent/dist');
  if (!existsSync(join(agent, 'agent.js')))
    throw new Error('the agent is not built: npm run build');
  const tag = seed ? 'joh-session:bench-nix' : 'joh-session:bench';
  say(seed ? 'the session image with Nix' : 'the session image');
  const base = await importBase();
  await buildSessionImage({
    ...{ clock, socketPath, tag, base, agent },
    recipe: join(root, 'ops/session-image'),
    node: process.execPath,
    toolchain: false,
    ...(seed && { seed }),
    signal: AbortSignal.timeout(deadlineMs),
  });
  return { image: tag, base };
}
