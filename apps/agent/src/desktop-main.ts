/** Entry of the desktop's agent: reads the environment, makes the real clock, and lets it run. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeUsbDevices } from '@joh/boards/native';
import { systemClock, systemRandom } from '@joh/clock';
import { isFault } from '@joh/protocol';
import { runDesktop } from '#desktop';
import { limits } from '#limits';
import { descendants, killRemaining, userEnvironment } from '#processes';
import agentPackage from '../package.json' with { type: 'json' };

const given = { ...process.env };
// Children must never see what is the agent's own, whoever starts them.
for (const name of Object.keys(process.env)) if (name.startsWith('JOH_')) delete process.env[name];

const log = (text: string) => process.stderr.write(`desktop: ${text}\n`);
const isBundled = !import.meta.url.endsWith('.ts');
const beside = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const env = userEnvironment(given);
const clock = systemClock();
const runtime = await mkdtemp(join(given.XDG_RUNTIME_DIR || tmpdir(), 'joh-'));

/** The socket is its lifeline: it ends soon after the agent, however that ends. */
function startPtyHost(path: string): void {
  spawn(process.execPath, [beside(isBundled ? './pty-host.js' : './pty-host.ts')], {
    env: { ...env, JOH_PTY_HOST: path, JOH_PTY_HOST_ORPHAN_MS: String(limits.desktopOrphanMs) },
    stdio: 'ignore',
  }).unref();
}

/** For tests, and for those without a board: simulated ones in place of the computer's own. */
async function simulatedDevices() {
  const { simulatedIcebreaker } = await import('@joh/boards/simulated');
  const { device } = simulatedIcebreaker({ clock, jumpers: 'sram', serialNumber: 'ICE0042' });
  return async () => [device];
}

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => stop.abort());
let exitCode = 0;
const running = runDesktop(
  {
    version: agentPackage.version,
    env,
    clock,
    random: systemRandom(),
    log,
    input: process.stdin,
    output: process.stdout,
    runtime,
    startPtyHost,
    usbLibraries: beside(isBundled ? './usb' : '../dist/usb'),
    usbDevices: given.JOH_SIMULATED_USB ? await simulatedDevices() : () => nativeUsbDevices(),
    udev: given.JOH_UDEV_RULES
      ? { path: given.JOH_UDEV_RULES, isOwn: true }
      : { path: '/etc/udev/rules.d/60-joy-of-hardware.rules', isOwn: false },
    embedded: {
      languageServer: [
        process.execPath,
        isBundled
          ? beside('./hdl.js')
          : fileURLToPath(new URL('./main.ts', import.meta.resolve('@joh/hdl'))),
      ],
      tool: [
        process.execPath,
        beside(isBundled ? './embedded-tool.js' : './builds/embedded-tool.ts'),
      ],
    },
  },
  stop.signal,
).catch((error: unknown) => {
  exitCode = 1;
  const { code, message } = isFault(error) ? error : { code: 'E_INTERNAL', message: String(error) };
  log(`${code}: ${message}`);
  process.stdout.write(`${JSON.stringify({ failed: { code, message } })}\n`);
});

/** Nothing that it started stays, whether it ends in good time or not. */
async function end(): Promise<never> {
  const mine = await descendants(process.pid);
  await Promise.race([running, clock.sleep(limits.desktopEndMs)]);
  await killRemaining(mine);
  await rm(runtime, { recursive: true, force: true });
  process.exit(exitCode);
}
process.stdin.once('end', () => void end());
process.stdin.once('close', () => void end());
stop.signal.addEventListener('abort', () => void end(), { once: true });
await running;
await end();
