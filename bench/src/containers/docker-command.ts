import { spawn } from 'node:child_process';
import type { BenchContext } from '../bench.ts';
import { requireProgram } from '../child.ts';

const deadlineMs = 60_000;

/** `docker` against one daemon: milliseconds until it has ended well. */
export async function docker(
  { clock }: Pick<BenchContext, 'clock'>,
  socketPath: string,
  ...parameters: string[]
): Promise<number> {
  const program = requireProgram('docker', 'docker.io');
  const started = clock.monotonic();
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, ['-H', `unix://${socketPath}`, ...parameters], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: deadlineMs,
    });
    let error = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      error += text;
    });
    child.once('error', reject).once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`docker ${parameters[0]} ended with ${code}: ${error}`));
    });
  });
  return clock.monotonic() - started;
}

/** The smallest container there is: made, started, ended and removed. */
export const bareRun = (image: string) =>
  ['run', '--rm', '--network', 'none', image, 'true'] as const;
