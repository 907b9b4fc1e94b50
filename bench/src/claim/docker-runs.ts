import { spawn } from 'node:child_process';
import { startDockerHost } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { requireProgram } from '../child.ts';

const warmUpRuns = 2;

/** Milliseconds of each `docker run`, one after another, on a real daemon that goes with the bench. */
export async function dockerRuns(
  { clock, cleanUp }: BenchContext,
  samples: number,
): Promise<number[]> {
  const docker = requireProgram('docker', 'docker.io');
  const host = await startDockerHost();
  cleanUp(host.remove);
  const image = await host.importBase();
  const parameters = ['-H', `unix://${host.socketPath}`, 'run', '--rm', '--network', 'none', image];
  const took: number[] = [];
  for (let run = -warmUpRuns; run < samples; run += 1) {
    const started = clock.monotonic();
    await runOnce(docker, [...parameters, 'true']);
    if (run >= 0) took.push(clock.monotonic() - started);
  }
  await host.remove();
  return took;
}

function runOnce(program: string, parameters: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
    });
    let error = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      error += text;
    });
    child.once('error', reject).once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`docker run ended with ${code}: ${error}`));
    });
  });
}
