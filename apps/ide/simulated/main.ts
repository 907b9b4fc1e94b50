/**
 * `npm run -w apps/ide simulate [bitstream [folder of its compiled design]]`: the built IDE over a
 * simulated session, for looking at it.
 */
import { readFile } from 'node:fs/promises';
import { systemClock, systemRandom } from '@joh/clock';
import { simulation } from '@joh/protocol';
import { startSimulatedServer } from './server.ts';

const bitstream = process.argv[2]
  ? new Uint8Array(await readFile(process.argv[2]))
  : new Uint8Array();
const folder = process.argv[3];
const design = folder
  ? {
      module: new Uint8Array(await readFile(`${folder}/module.wasm`)),
      simulation: simulation.parse(JSON.parse(await readFile(`${folder}/simulation.json`, 'utf8'))),
    }
  : undefined;
const { url } = await startSimulatedServer({
  clock: systemClock(),
  random: systemRandom(),
  dist: new URL('../dist', import.meta.url).pathname,
  bitstream,
  design,
  port: 8790,
});
process.stdout.write(`${url}\n`);
