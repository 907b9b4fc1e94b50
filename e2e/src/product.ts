/** The whole product as a user starts it: FrontendMaster as a process on a data directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');
const startDeadlineMs = 60_000;
const stopDeadlineMs = 30_000;

export interface Product {
  url: string;
  dataDirectory: string;
  /** Everything FrontendMaster has written so far. */
  log(): string;
  /** Kills FrontendMaster as a crash would. */
  crash(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  /** Kills FrontendMaster as a crash would and starts it again on the same data and port. */
  crashAndRestart(): Promise<void>;
  /** Stops it in order; rejects when a process, socket or folder is left behind. */
  stop(): Promise<void>;
}

export interface ProductPlace {
  /** Put before the command, to run it on another host of the test. */
  enter?: readonly string[];
  /** Default 0: a free one. */
  port?: number;
  /** Default: a new folder. Its content is removed in the end. */
  dataDirectory?: string;
  /** False: do not wait for a warm container; there will be none. */
  warms?: boolean;
}

/** Starts FrontendMaster. `environment` adds to the process's own. */
export async function startProduct(
  environment: Record<string, string>,
  { enter = [], port: firstPort = 0, dataDirectory: given, warms = true }: ProductPlace = {},
): Promise<Product> {
  const dataDirectory = given ?? (await mkdtemp(join(tmpdir(), 'joh-e2e-')));
  let log = '';
  let child: ChildProcess;
  let url = '';
  const start = async (port: string) => {
    const [program = '', ...args] = [
      ...enter,
      process.execPath,
      'apps/frontend-master/src/main.ts',
    ];
    child = spawn(program, args, {
      cwd: root,
      env: {
        ...process.env,
        JOH_DATA: dataDirectory,
        JOH_HOST: '127.0.0.1',
        JOH_PORT: port,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const from = log.length;
    const hear = (data: Buffer) => {
      log += data.toString('utf8');
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    url = await until(startDeadlineMs, 'FrontendMaster prints its address', () => {
      if (child.exitCode !== null)
        throw new Error(`FrontendMaster ended with ${child.exitCode}:\n${log}`);
      return /https?:\/\/127\.0\.0\.1:\d+/.exec(log.slice(from))?.[0];
    }).catch((error: Error) => Promise.reject(new Error(`${error.message}\n${log}`)));
    if (!warms) return;
    await until(
      startDeadlineMs,
      'the pool has a warm container',
      async () => (await fetch(`${url}/readyz`)).ok || null,
    ).catch((error: Error) => Promise.reject(new Error(`${error.message}\n${log}`)));
  };
  await start(String(firstPort)).catch(async (error: unknown) => {
    for (const line of await processesOf(dataDirectory)) kill(Number.parseInt(line, 10));
    throw error;
  });
  const end = (signal: NodeJS.Signals) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`FrontendMaster did not end on ${signal}:\n${log}`)),
        stopDeadlineMs,
      );
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill(signal);
    });
  return {
    get url() {
      return url;
    },
    dataDirectory,
    log: () => log,
    crash: () => end('SIGKILL'),
    restart: () => start(new URL(url).port),
    crashAndRestart: async () => {
      await end('SIGKILL');
      await start(new URL(url).port);
    },
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) await end('SIGTERM');
      const left = await processesOf(dataDirectory);
      for (const line of left) kill(Number.parseInt(line, 10));
      for (const name of await readdir(dataDirectory)) {
        await rm(join(dataDirectory, name), { recursive: true, force: true, maxRetries: 3 });
      }
      if (!given) await rm(dataDirectory, { recursive: true });
      if (left.length > 0) throw new Error(`processes left behind: ${left.join('; ')}\n${log}`);
    },
  };
}

/** Runs `work` with a product of its own, and stops it. What went wrong first is what is thrown. */
export async function withProduct(
  environment: Record<string, string>,
  work: (product: Product) => Promise<void>,
  place: ProductPlace = {},
): Promise<void> {
  const product = await startProduct(environment, place);
  try {
    await work(product);
  } catch (error) {
    await product.stop().catch(() => undefined);
    throw error;
  }
  await product.stop();
}

/** Calls `look` until it gives something, or fails naming what was awaited. */
export async function until<T>(
  deadlineMs: number,
  what: string,
  look: () => T | null | undefined | Promise<T | null | undefined>,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const found = await look();
      if (found !== null && found !== undefined) return found;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('FrontendMaster ended')) throw error;
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Not within ${deadlineMs} ms: ${what}${last ? ` (${String(last)})` : ''}`);
}

/** Command lines of processes that name this data directory in their arguments or environment. */
export async function processesOf(dataDirectory: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid) continue;
    const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
    const [line, environment] = [await read('cmdline'), await read('environ')];
    if (line.includes(dataDirectory) || environment.includes(dataDirectory)) {
      found.push(`${pid} ${line.replaceAll('\0', ' ').trim().slice(0, 160)}`);
    }
  }
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
