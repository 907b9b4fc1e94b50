/**
 * `npm run session-image -- [--tag T] [--base B] [--seed PATH [--seed-store FOLDER]] [--socket S]
 * [--without-toolchain]`
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@joh/clock';
import { buildSessionImage } from '@joh/engine';
import { isFault } from '@joh/protocol';

const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: 'joh-session:dev' },
    base: { type: 'string', default: 'debian:bookworm-slim' },
    socket: { type: 'string', default: '/var/run/docker.sock' },
    seed: { type: 'string' },
    'seed-store': { type: 'string' },
    'without-toolchain': { type: 'boolean', default: false },
  },
});
const { seed: path, 'seed-store': store } = values;
const root = join(import.meta.dirname, '../..');
const agent = join(root, 'apps/agent/dist');
if (!existsSync(join(agent, 'agent.js'))) {
  process.stderr.write('The agent is not built. Run npm run build first.\n');
  process.exit(1);
}
const clock = systemClock();
const began = clock.monotonic();
const built = await buildSessionImage({
  clock,
  socketPath: values.socket,
  tag: values.tag,
  base: values.base,
  recipe: import.meta.dirname,
  agent,
  node: process.execPath,
  toolchain: !values['without-toolchain'],
  ...(path && { seed: { path, ...(store && { root: store }) } }),
  onLine: (line) => process.stdout.write(`${line}\n`),
  signal: AbortSignal.timeout(30 * 60_000),
}).catch((error: unknown) => {
  // What the operator can mend is a sentence; anything else keeps its stack.
  if (!isFault(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
const seconds = ((clock.monotonic() - began) / 1000).toFixed(1);
process.stdout.write(
  `${values.tag} is ${built.id}, ${Math.round(built.bytes / 1e6)} MB, in ${seconds} s\n`,
);
