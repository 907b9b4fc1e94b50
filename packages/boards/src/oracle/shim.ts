/** Builds `packages/usb-shim` and runs programs with it, against devices behind a socket. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const builder = fileURLToPath(new URL('../../../usb-shim/build.js', import.meta.url));
/** A tool that does not end by itself is killed, and its test fails. */
const toolMs = 60_000;

/**
 * Compiles the shim into a folder of the caller's, as the agent's bundle has it.
 * @throws Error with gcc's words (Debian packages gcc, libc6-dev, libusb-1.0-0-dev, libusb-dev).
 */
export function buildShim(into: string): string {
  const { status, stderr } = spawnSync(process.execPath, [builder, into], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return into;
}

export interface ToolRun {
  /** null: it was killed. */
  status: number | null;
  /** Standard output and error as they came. */
  text: string;
}

/** Runs an unmodified tool whose USB is the socket's. */
export function runTool(
  library: string,
  socket: string,
  command: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<ToolRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, LD_LIBRARY_PATH: library, JOY_OF_HARDWARE_USB: socket, ...more },
      timeout: toolMs,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, text }));
  });
}
