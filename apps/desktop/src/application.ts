/** The built application as a person starts it, on a display and with a home of the test's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processesNaming, waitFor } from '@joh/testkit';
import { shellBinary } from '../packaging/cargo.ts';
import { tauriDriver } from '../packaging/tauri-driver.ts';
import { type Display, end } from './display.ts';
import { driveApplication, type WebDriver } from './web-driver.ts';

export interface Home {
  readonly folder: string;
  /** What the application finds in its environment; a test may add to it. */
  readonly environment: Record<string, string | undefined>;
  /** What the application has written to the agent's log. */
  log(): string;
  /** The port that the agent had last, or 0. */
  port(): number;
  /** Processes that have this home in their environment. */
  processes(): { pid: number; command: string }[];
  /** Pages and folders that would have been opened in other programs. */
  opened(): string[];
  /** Rejects unless every process with this home ends within `deadlineMs`. */
  empties(deadlineMs: number): Promise<void>;
}

/** It takes 14 s at most by itself. */
const endDeadlineMs = 30_000;

/** A home in `folder`, on the screen of `display`; `fake` names the sin of the fake agent, if it is one. */
export function homeIn(folder: string, display: Display, fake?: string): Home {
  const home = join(folder, 'home');
  const runtime = join(folder, 'run');
  for (const path of [home, runtime]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const opened = join(folder, 'opened');
  const state = join(home, '.local/state/joy-of-hardware');
  const text = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const processes = () => processesNaming(home);
  const { JOH_DESKTOP_AGENT, JOH_DESKTOP_IDE } = process.env;
  const agent =
    fake === undefined
      ? { JOH_DESKTOP_AGENT, JOH_DESKTOP_IDE }
      : { JOH_DESKTOP_AGENT: join(import.meta.dirname, 'fake-agent.ts'), JOH_FAKE_AGENT: fake };
  return {
    folder: home,
    environment: {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      SHELL: '/bin/bash',
      HOME: home,
      XDG_RUNTIME_DIR: runtime,
      JOH_DESKTOP_OPENED: opened,
      ...display.environment,
      ...agent,
    },
    log: () => text(join(state, 'agent.log')),
    port: () => Number(text(join(state, 'port'))),
    opened: () => text(opened).split('\n').filter(Boolean),
    processes,
    empties: async (deadlineMs) => {
      let left = processes();
      await waitFor(
        () => {
          left = processes();
          return left.length === 0;
        },
        { deadlineMs, what: 'nothing runs', everyMs: 50 },
      ).catch((cause) => {
        throw new Error(`these run: ${left.map(({ command }) => command).join(', ')}`, { cause });
      });
    },
  };
}

/** Starts the application with its first window driven. It is stopped as a session of the desktop ends. */
export async function drive(home: Home, ...parameters: string[]): Promise<WebDriver> {
  const driver = await driveApplication(shellBinary(), parameters, home.environment, {
    tauriDriver: tauriDriver(),
  });
  const shell = () => home.processes().find(({ command }) => command.startsWith(shellBinary()));
  const stop = async () => {
    const running = shell();
    if (running) process.kill(running.pid, 'SIGTERM');
    await waitFor(() => !shell(), {
      deadlineMs: endDeadlineMs,
      what: 'the shell ends',
      everyMs: 50,
    });
    await driver.stop();
  };
  return { ...driver, stop };
}

/** Starts the application, driven by nobody. */
export function launch(home: Home, ...parameters: string[]): ChildProcess {
  return spawn(shellBinary(), parameters, { env: home.environment, stdio: 'ignore' });
}

/** Ends what a failed test left; a passed one leaves nothing. */
export async function clean(home: Home, ...started: ChildProcess[]): Promise<void> {
  for (const child of started) await end(child, 'SIGKILL');
  for (const { pid } of home.processes()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended meanwhile.
    }
  }
  await home.empties(5000);
}
