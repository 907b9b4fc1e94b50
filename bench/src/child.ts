/** Programs that a bench starts, and ends by their process ids. */
import { type ChildProcess, fork, type Serializable, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The repository's top folder. */
export const root = join(import.meta.dirname, '..', '..');
const endTimeoutMs = 20_000;

export interface Child {
  pid: number;
  /** What it wrote to both streams, the last of it. */
  output(): string;
  /** Rejects when it ends by itself; never resolves. */
  ended: Promise<never>;
  send(message: Serializable): void;
  onMessage(listener: (message: unknown) => void): void;
  /** SIGTERM, then SIGKILL. */
  end(): Promise<void>;
}

/** Starts a program. @throws Error it does not start */
export function startProgram(
  program: string,
  parameters: string[],
  env: Record<string, string | undefined> = process.env,
): Promise<Child> {
  return childOf(
    spawn(program, parameters, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] }),
    program,
  );
}

/** Starts a Node process with a channel for messages. `entry` is a path from the repository's top. */
export function startNode(
  entry: string,
  env: Record<string, string | undefined> = process.env,
  flags: readonly string[] = [],
): Promise<Child> {
  const extra = process.env.JOH_BENCH_NODE_FLAGS?.split(' ') ?? [];
  const execArgv = [...flags, ...extra];
  const options = { cwd: root, env, execArgv, silent: true, serialization: 'advanced' as const };
  return childOf(fork(join(root, entry), options), entry);
}

/** The flags with which Node runs FrontendMaster, as `npm start` does. */
export function frontendFlags(): string[] {
  return JSON.parse(readFileSync(join(root, 'apps/frontend-master/node-flags.json'), 'utf8'));
}

const outputCharactersMax = 20_000;

async function childOf(child: ChildProcess, name: string): Promise<Child> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-outputCharactersMax);
    });
  }
  const exited = new Promise<string>((resolve) =>
    child.once('exit', (code, signal) => resolve(String(signal ?? code))),
  );
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve).once('error', reject);
  });
  const ended = exited.then((how) => {
    throw new Error(`${name} ended (${how}):\n${output}`);
  });
  ended.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    send: (message) => void (child.connected && child.send(message)),
    onMessage: (listener) => void child.on('message', listener),
    async end() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
      await exited;
      clearTimeout(late);
    },
  };
}

/** The path of a program. @throws Error naming the Debian package that has it */
export function requireProgram(name: string, debianPackage: string): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found) return found;
  throw new Error(
    `This bench needs ${name}: apt-get install --no-install-recommends ${debianPackage}`,
  );
}
