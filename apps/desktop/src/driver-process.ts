/** What stands between a test and the window: Tauri's driver with WebKitGTK's behind it, or that alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:net';
import { end } from './display.ts';

export interface DriverProcess {
  /** Of the loopback, without a slash at the end. */
  readonly address: string;
  /** Rejects when it ends by itself, with what it said. */
  readonly ended: Promise<never>;
  /** What a new session asks for, to start a program. */
  capabilities(binary: string, parameters: readonly string[]): Record<string, object>;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts Tauri's driver, which starts WebKitGTK's: each on a free port of the loopback. */
export async function startTauriDriver(
  program: string,
  environment: Environment,
  enter: readonly string[],
): Promise<DriverProcess> {
  const [port = 0, native = 0] = await freePorts(2);
  // The other one's host is 127.0.0.1 unless it is told.
  const command = [program, '--port', `${port}`, '--native-port', `${native}`];
  return running([...enter, ...command], environment, port, (application, args) => ({
    'tauri:options': { application, args },
  }));
}

/** Starts WebKitGTK's driver alone, as Tauri's would. */
export async function startWebKitDriver(
  environment: Environment,
  enter: readonly string[],
): Promise<DriverProcess> {
  const [port = 0] = await freePorts(1);
  const command = ['WebKitWebDriver', '--host=127.0.0.1', `--port=${port}`];
  const env = { ...environment, TAURI_WEBVIEW_AUTOMATION: 'true' };
  return running([...enter, ...command], env, port, (binary, args) => ({
    'webkitgtk:browserOptions': { binary, args },
  }));
}

function running(
  [program = '', ...parameters]: string[],
  env: Environment,
  port: number,
  capabilities: DriverProcess['capabilities'],
): DriverProcess {
  const child = spawn(program, parameters, {
    // Without compositing, which the shell switches off where no graphics card is, WebKit takes no picture.
    env: process.env.JOH_PICTURES ? { ...env, WEBKIT_DISABLE_COMPOSITING_MODE: '0' } : env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return {
    address: `http://127.0.0.1:${port}`,
    ended: endOf(child, program),
    capabilities,
    stop: () => end(child),
  };
}

function endOf(child: ChildProcess, program: string): Promise<never> {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', (cause) =>
      reject(new Error('this test needs apt-get install webkit2gtk-driver', { cause })),
    );
    child.once('exit', (code) => reject(new Error(`${program} ended with ${code}: ${said}`)));
  });
  // Its end is nobody's concern once the session is there.
  ended.catch(() => {});
  return ended;
}

/** Ports that nobody had when they were asked for, all different. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
