import { startDockerHost } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { bareRun, docker } from '../containers/docker-command.ts';

const warmUpRuns = 2;

/** Milliseconds of each `docker run`, one after another, on a real daemon that goes with the bench. */
export async function dockerRuns(context: BenchContext, samples: number): Promise<number[]> {
  const host = await startDockerHost();
  context.cleanUp(host.remove);
  const image = await host.importBase();
  const took = await runsInTurn(context, host.socketPath, image, samples);
  await host.remove();
  return took;
}

/** The same on a daemon that is there. */
export async function runsInTurn(
  context: BenchContext,
  socketPath: string,
  image: string,
  samples: number,
): Promise<number[]> {
  const took: number[] = [];
  for (let run = -warmUpRuns; run < samples; run += 1) {
    const ms = await docker(context, socketPath, ...bareRun(image));
    if (run >= 0) took.push(ms);
  }
  return took;
}
