/** The whole product as a user starts it: FrontendMaster as a process on a data directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesNaming } from './process-search.ts';
import { waitFor } from './wait-for.ts';

export interface Product {
  /** As FrontendMaster prints it: its public address. */
  readonly url: string;
  readonly dataDirectory: string;
  /** Everything FrontendMaster has written so far. */
  log(): string;
  /** Kills FrontendMaster as a crash would. */
  crash(): Promise<void>;
  /** Starts it again on the same data and port. */
  restart(): Promise<void>;
  /** Kills FrontendMaster as a crash would and starts it again on the same data and port. */
  crashAndRestart(): Promise<void>;
  /** Stops it in order; rejects when a process or a file in the data directory is left behind. */
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
  /** Called once it has stopped, in whatever way: for what it stood on. */
  afterStop?(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..', '..');
const startDeadlineMs = 60_000;
const stopDeadlineMs = 30_000;
/** A look is a request. */
const everyMs = 50;

/** Starts FrontendMaster. `environment` adds to the process's own. */
export async function startProduct(
  environment: Record<string, string>,
  place: ProductPlace = {},
): Promise<Product> {
  const dataDirectory = place.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'joh-product-')));
  const all = { JOH_DATA: dataDirectory, JOH_HOST: '127.0.0.1', ...environment };
  let log = '';
  let running: Running;
  let url = '';
  const hear = (text: string) => {
    log += text;
  };
  const start = async (port: number) => {
    const from = log.length;
    running = startFrontendMaster(
      { ...all, JOH_PORT: String(port) },
      { enter: place.enter ?? [], hear },
    );
    const awaited = <T>(what: string, look: () => T | Promise<T>) =>
      waitFor(look, { deadlineMs: startDeadlineMs, what, everyMs, signal: running.ended });
    try {
      url = await awaited(
        'FrontendMaster prints its address',
        () => /https?:\/\/127\.0\.0\.1:\d+/.exec(log.slice(from))?.[0],
      );
      if (place.warms === false) return;
      await awaited('the pool has a warm container', async () => (await fetch(`${url}/readyz`)).ok);
    } catch (error) {
      throw new Error(`${String(error)}\n${log}`, { cause: error });
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    if (await running.end(signal)) return;
    throw new Error(`FrontendMaster did not end on ${signal}:\n${log}`);
  };
  const restart = () => start(Number(new URL(url).port));
  await start(place.port ?? 0).catch(async (error: unknown) => {
    await clear(dataDirectory, place);
    throw error;
  });
  return {
    get url() {
      return url;
    },
    dataDirectory,
    log: () => log,
    crash: () => end('SIGKILL'),
    restart,
    async crashAndRestart() {
      await end('SIGKILL');
      await restart();
    },
    async stop() {
      try {
        if (!running.ended.aborted) await end('SIGTERM');
        const left = await clear(dataDirectory, place);
        if (left.length > 0) throw new Error(`processes left behind: ${left.join('; ')}\n${log}`);
      } finally {
        await place.afterStop?.();
      }
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

interface Running {
  /** Aborted when the process has ended. */
  ended: AbortSignal;
  /** Whether it ended in time. */
  end(signal: NodeJS.Signals): Promise<boolean>;
}

function startFrontendMaster(
  environment: Record<string, string>,
  { enter, hear }: { enter: readonly string[]; hear(text: string): void },
): Running {
  const [program = '', ...parameters] = [
    ...enter,
    ...[process.execPath, ...nodeFlags(), 'apps/frontend-master/src/main.ts'],
  ];
  const child: ChildProcess = spawn(program, parameters, {
    ...{ cwd: root, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', hear);
  const ended = new AbortController();
  const end = (how: unknown) => ended.abort(new Error(`FrontendMaster ended: ${how}`));
  child.once('error', end).once('exit', (code, signal) => end(signal ?? code));
  return {
    ended: ended.signal,
    async end(signal) {
      if (ended.signal.aborted) return true;
      const gone = once(child, 'exit', { signal: AbortSignal.timeout(stopDeadlineMs) });
      child.kill(signal);
      return gone.then(
        () => true,
        () => false,
      );
    },
  };
}

/** As `npm start` runs it. */
function nodeFlags(): string[] {
  return JSON.parse(readFileSync(join(root, 'apps/frontend-master/node-flags.json'), 'utf8'));
}

/** Ends what still runs on the data directory, and removes its content; tells what ran. */
async function clear(dataDirectory: string, place: ProductPlace): Promise<string[]> {
  const left = processesNaming(dataDirectory);
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
  for (const name of await readdir(dataDirectory)) {
    await rm(join(dataDirectory, name), { recursive: true, force: true, maxRetries: 3 });
  }
  if (!place.dataDirectory) await rm(dataDirectory, { recursive: true });
  return left.map(({ pid, command }) => `${pid} ${command}`);
}
