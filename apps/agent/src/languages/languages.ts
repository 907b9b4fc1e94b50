/** Language servers: which there are, and one running for each channel. */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Clock } from '@joh/clock';
import { fault, type LanguageServer } from '@joh/protocol';
import { limits } from '#limits';
import { killGroup } from '#processes';
import { frameMessage, unframeMessages } from './message-frames.ts';
import { embeddedServer, planServers, serverRows } from './servers.ts';

export interface Languages {
  /** Servers of the project's shell, and ours for the languages it has none for. */
  list(): Promise<LanguageServer[]>;
  /** The servers of one connection. */
  connect(): LanguageConnection;
}

export interface LanguageConnection {
  /**
   * Starts the server; a running one of the same name is ended first. Throws `E_LANGUAGE_UNKNOWN`,
   * or `E_PROCESS_FAILED` when it cannot be started or was started too often lately.
   */
  start(server: string, send: (message: Uint8Array) => Promise<void>): Promise<RunningServer>;
  close(): void;
}

export interface RunningServer {
  /** Takes one JSON-RPC message; resolves when the server's pipe has room. */
  input(message: Uint8Array): Promise<void>;
  close(): void;
  /** Rejects with `E_PROCESS_FAILED` when it ended by itself; resolves after `close`. */
  done: Promise<void>;
}

export interface LanguagesOptions {
  clock: Clock;
  root: () => string;
  /** The environment of the project's shell. */
  shell: () => Promise<Record<string, string>>;
  /** How to run the embedded server. */
  embedded: readonly [string, ...string[]];
}

export function createLanguages(options: LanguagesOptions): Languages {
  return {
    list: async () => planServers(await findPrograms(await options.shell())),
    connect: () => connectLanguages(options),
  };
}

async function findPrograms(env: Record<string, string>): Promise<Set<string>> {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  const found = new Set<string>();
  const look = async (program: string, folder: string) => {
    const path = join(folder, program);
    const isFile = await stat(path).then(
      (stats) => stats.isFile(),
      () => false,
    );
    if (
      isFile &&
      (await access(path, constants.X_OK).then(
        () => true,
        () => false,
      ))
    ) {
      found.add(program);
    }
  };
  await Promise.all(
    serverRows.flatMap(({ argv }) => folders.map((folder) => look(argv[0], folder))),
  );
  return found;
}

function connectLanguages(options: LanguagesOptions): LanguageConnection {
  const running = new Map<string, RunningServer>();
  const starts = new Map<string, number[]>();
  const { clock } = options;
  return {
    start: async (server, send) => {
      const row = serverRows.find(({ id }) => id === server);
      const argv = server === embeddedServer.id ? options.embedded : row?.argv;
      if (!argv) throw fault('E_LANGUAGE_UNKNOWN', { server });
      const since = clock.monotonic() - limits.languageRestartWindowMs;
      const recent = (starts.get(server) ?? []).filter((at) => at > since);
      if (recent.length > limits.languageRestartsMax) {
        const reason = `it was started ${recent.length} times in a few minutes`;
        throw fault('E_PROCESS_FAILED', { program: argv[0], reason });
      }
      starts.set(server, [...recent, clock.monotonic()]);
      running.get(server)?.close();
      running.delete(server);
      if (running.size >= limits.languageServersPerConnectionMax) {
        throw fault('E_PROCESS_FAILED', { program: argv[0], reason: 'too many servers run' });
      }
      const env = await options.shell();
      const started = await startServer(argv, { env, cwd: options.root(), clock, send });
      running.set(server, started);
      started.done
        .catch(() => undefined)
        .finally(() => {
          if (running.get(server) === started) running.delete(server);
        });
      return started;
    },
    close: () => {
      for (const server of running.values()) server.close();
    },
  };
}

async function startServer(
  [program, ...args]: readonly [string, ...string[]],
  options: {
    env: Record<string, string>;
    cwd: string;
    clock: Clock;
    send: (message: Uint8Array) => Promise<void>;
  },
): Promise<RunningServer> {
  const failed = (reason: string) => fault('E_PROCESS_FAILED', { program, reason });
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: 'pipe',
  });
  let complaint = '';
  let closed = false;
  child.stdin.on('error', () => undefined);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-500);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? code}`));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) => reject(failed(error.message)));
  });
  writeFile(`/proc/${child.pid}/oom_score_adj`, '600').catch(() => undefined);
  const close = () => {
    if (closed) return;
    closed = true;
    killGroup(child, 'SIGTERM');
    child.stdout.destroy();
    options.clock.after(limits.killGraceMs, () => killGroup(child, 'SIGKILL'));
  };
  const serve = async () => {
    try {
      for await (const message of unframeMessages(child.stdout)) await options.send(message);
      const reason = await ended;
      if (!closed) throw failed([reason, complaint.trim()].filter(Boolean).join(': '));
    } catch (error) {
      if (!closed) throw error;
    } finally {
      close();
    }
  };
  return {
    input: async (message) => {
      if (child.stdin.destroyed || child.stdin.write(frameMessage(message))) return;
      await new Promise<void>((resolve) => {
        child.stdin.once('drain', resolve).once('close', resolve);
      });
    },
    close,
    done: serve(),
  };
}
