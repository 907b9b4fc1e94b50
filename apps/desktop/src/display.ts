/** A screen and a session bus of a test's own: an X server without a monitor, and a D-Bus daemon. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export interface Display {
  /** What a program of the desktop needs in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const startDeadlineMs = 20_000;
const politeMs = 3_000;

/** Starts both; `size` is in pixels, and `enter` is put before the commands. */
export async function startDisplay(
  size = '1280x900',
  enter: readonly string[] = [],
): Promise<Display> {
  const screen = ['-screen', '0', `${size}x24`, '-nolisten', 'tcp', '-displayfd', '3'];
  const server = await speaking([...enter, 'Xvfb', ...screen], 'xvfb');
  try {
    const daemon = ['dbus-daemon', '--session', '--nofork', '--print-address=3'];
    const bus = await speaking([...enter, ...daemon], 'dbus');
    return {
      environment: {
        DISPLAY: `:${server.said}`,
        DBUS_SESSION_BUS_ADDRESS: bus.said,
        // Without it GTK waits for an accessibility bus that nobody serves.
        NO_AT_BRIDGE: '1',
        GDK_BACKEND: 'x11',
      },
      async stop() {
        await end(bus.process);
        await end(server.process);
      },
    };
  } catch (error) {
    await end(server.process);
    throw error;
  }
}

/** Ends a process that a test started, and waits until it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  // One that could not be started has no id.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  // One that was put into another tree by `unshare` does not hear the first.
  const impatience = setTimeout(() => child.kill('SIGKILL'), politeMs);
  await gone;
  clearTimeout(impatience);
}

/** Starts a program that writes one line to descriptor 3 when it is ready. */
async function speaking([program = '', ...parameters]: string[], debianPackage: string) {
  const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const deadline = AbortSignal.timeout(startDeadlineMs);
  const failed = once(child, 'error', { signal: deadline }).then(([cause]) => {
    throw new Error(`this test needs ${program}: apt-get install ${debianPackage}`, { cause });
  });
  const line = firstLine(child.stdio[3] as Readable, program);
  return { process: child, said: await Promise.race([line, failed]) };
}

async function firstLine(stream: Readable, program: string): Promise<string> {
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) {
    text += piece;
    if (text.includes('\n')) return text.trim();
  }
  throw new Error(`${program} ended before it was ready`);
}
