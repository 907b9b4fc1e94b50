/** Entry of the agent: reads the environment, makes the real clock, and lets it run. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, systemRandom } from '@joh/clock';
import { containerId } from '@joh/protocol';
import { limits } from '#limits';
import { usbEnvironment, userEnvironment } from '#processes';
import agentPackage from '../package.json' with { type: 'json' };
import { createAgent } from './agent.ts';

/** As `docs/operate.md` says it: the container is not known any more; do not start again. */
const exitRefused = 3;

const given = { ...process.env };
// Children must never see what is the agent's own, whoever starts them.
for (const name of Object.keys(process.env)) if (name.startsWith('JOH_')) delete process.env[name];

const log = (text: string) => process.stderr.write(`agent: ${text}\n`);
const need = (name: string): string => {
  const value = given[name];
  if (value) return value;
  log(`${name} is not set`);
  process.exit(2);
};
const amount = (name: string) => (Number(given[name]) > 0 ? Number(given[name]) : null);

const runtime = need('JOH_RUN');
await mkdir(runtime, { recursive: true, mode: 0o700 });
const isBundled = !import.meta.url.endsWith('.ts');
const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const usbSocket = join(runtime, 'usb.sock');
const usbLibraries = beside(isBundled ? './usb' : '../dist/usb');
const user = userEnvironment(given);
const env = { ...user, ...(await usbEnvironment(user, usbSocket, usbLibraries)) };

const ownHost = join(runtime, 'pty-host.sock');
/** In the agent's process group, so that what ends the container ends it too. */
const startHost = () => {
  spawn(process.execPath, [beside(isBundled ? './pty-host.js' : './pty-host.ts')], {
    env: { ...env, JOH_PTY_HOST: ownHost, JOH_PTY_HOST_ORPHAN_MS: String(limits.ptyHostOrphanMs) },
    stdio: 'ignore',
  }).unref();
};
const observer = beside(`${isBundled ? '.' : '../dist'}/observer/joh-observer.so`);
const hdlServer = isBundled
  ? beside('./hdl.js')
  : fileURLToPath(new URL('./main.ts', import.meta.resolve('@joh/hdl')));

const agent = await createAgent({
  frontendUrl: need('JOH_FRONTEND_URL'),
  container: containerId.parse(need('JOH_CONTAINER_ID')),
  version: agentPackage.version,
  bootTokenFile: given.JOH_BOOT_TOKEN_FILE ?? null,
  bootToken: given.JOH_BOOT_TOKEN ?? null,
  work: need('JOH_WORK'),
  runtime,
  ptyHost: given.JOH_PTY_HOST
    ? { path: given.JOH_PTY_HOST, start: null }
    : { path: ownHost, start: startHost },
  usbSocket,
  env,
  given: { cores: amount('JOH_CORES'), memoryBytes: amount('JOH_MEMORY_BYTES') },
  embedded: {
    languageServer: [process.execPath, hdlServer],
    tool: [
      process.execPath,
      beside(isBundled ? './embedded-tool.js' : './builds/embedded-tool.ts'),
    ],
    observer: existsSync(observer) ? observer : null,
  },
  clock: systemClock(),
  random: systemRandom(),
  log,
});

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
process.on('SIGHUP', () => undefined);
const ending = await agent.run(stop.signal);
process.exit(ending === 'refused' ? exitRefused : 0);
