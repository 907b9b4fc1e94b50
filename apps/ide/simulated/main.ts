/** `npm run -w apps/ide simulate`: the built IDE over a simulated session, for looking at it. */
import { readFile } from 'node:fs/promises';
import { systemClock, systemRandom } from '@joh/clock';
import { startSimulatedServer } from './server.ts';

const bitstream = process.argv[2]
  ? new Uint8Array(await readFile(process.argv[2]))
  : new Uint8Array();
const { url } = await startSimulatedServer({
  clock: systemClock(),
  random: systemRandom(),
  dist: new URL('../dist', import.meta.url).pathname,
  bitstream,
  port: 8790,
});
process.stdout.write(`${url}\n`);
