/** Entry of the pty host process: `JOH_PTY_HOST` is its socket, `JOH_PTY_HOST_ORPHAN_MS` its patience. */
import { systemClock, systemRandom } from '@joh/clock';
import { limits } from '#limits';
import { startPtyHost } from '#pty-host';

const path = process.env.JOH_PTY_HOST;
if (!path) {
  process.stderr.write('JOH_PTY_HOST is not set: the path of the socket to listen on\n');
  process.exit(2);
}
const memoryBytes = Number(process.env.JOH_MEMORY_BYTES ?? 0);
const orphanMs = Number(process.env.JOH_PTY_HOST_ORPHAN_MS ?? 0);
// Terminals get their environment from the agent; nothing of this process's own.
for (const name of Object.keys(process.env)) if (name.startsWith('JOH_')) delete process.env[name];
// A terminal's or a supervisor's hang-up is not meant for the host.
process.on('SIGHUP', () => undefined);
await startPtyHost({
  path,
  clock: systemClock(),
  random: systemRandom(),
  orphanMs: orphanMs > 0 ? orphanMs : null,
  isRoomy: memoryBytes >= limits.roomyBytes,
  onEnd: () => process.exit(0),
});
