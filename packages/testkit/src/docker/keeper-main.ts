/** Waits until nobody holds its standard input any more, then removes the traces it is told of. */
import { removeTraces } from './traces.ts';

const [name = '', folder = ''] = process.argv.slice(2);
// Ctrl-C is for the test's process; its end is this one's.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdin.resume().on('close', () => {
  try {
    removeTraces({ name, folder });
  } catch (error) {
    process.stderr.write(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
});
