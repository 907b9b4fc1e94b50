/** `npm run -s bench -- NAME`; without a name it lists the names. */
import { loadavg } from 'node:os';
import { systemClock, systemRandom } from '@joh/clock';
import type { Bench } from './bench.ts';
import { benches, listOf } from './benches.ts';
import { reportOf } from './report.ts';

const [name] = process.argv.slice(2);
const bench = benches.find((one) => one.name === name);
if (bench) await run(bench);
else if (name === undefined) process.stdout.write(listOf(benches));
else {
  process.stderr.write(`There is no bench "${name}". There are:\n${listOf(benches)}`);
  process.exitCode = 2;
}

/** Runs it and cleans up, also when a person stops it. */
async function run({ name, run }: Bench): Promise<void> {
  const removals: (() => Promise<void> | void)[] = [];
  const cleanUp = async () => {
    for (const remove of removals.splice(0).reverse()) {
      try {
        await remove();
      } catch (error) {
        process.stderr.write(`bench: could not clean up: ${String(error)}\n`);
        process.exitCode = 1;
      }
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().then(() => process.exit(1)));
  }
  const [load = 0] = loadavg();
  try {
    const outcome = await run({
      clock: systemClock(),
      random: systemRandom(),
      say: (text) => process.stderr.write(`${name}: ${text}\n`),
      cleanUp: (remove) => void removals.push(remove),
    });
    const note = `Load of the machine before the run: ${load.toFixed(1)} (1 minute).`;
    process.stdout.write(reportOf(name, { ...outcome, notes: [...outcome.notes, note] }));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  }
  await cleanUp();
  process.exit();
}
