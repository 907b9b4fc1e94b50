/** One terminal of the pty host: the pty, its screen, and the clients that look at it. */
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Clock } from '@joh/clock';
import type { Terminal } from '@joh/protocol';
import { limits } from '#limits';
import type { HostSpawn } from './host-protocol.ts';
import { openPty } from './pty.ts';
import { createScreen } from './screen.ts';
import { createViewer, type Viewer } from './viewer.ts';

export interface HostTerminal {
  describe(): Terminal;
  /** Sends the screen, then the output; takes input. A stalled client never stops the terminal. */
  attach(socket: Socket): void;
  resize(columns: number, rows: number): void;
  /** SIGHUP to the whole session, then SIGKILL. */
  close(): void;
}

/** `onExit` is told once, after the last byte of output has been seen. */
export async function createHostTerminal(
  id: string,
  spawn: HostSpawn,
  { clock, onExit }: { clock: Clock; onExit: (exitCode: number) => void },
): Promise<HostTerminal> {
  const screen = await createScreen(spawn.columns, spawn.rows);
  const pty = await openPty(spawn);
  const viewers = new Set<Viewer>();
  const size = { columns: spawn.columns, rows: spawn.rows };
  let exitCode: number | null = null;
  // Raised for what the user runs, so that the kernel ends it before the agent and this host.
  writeFile(`/proc/${pty.pid}/oom_score_adj`, '500').catch(() => undefined);

  const pace = () => {
    const isFull = [...viewers].some((viewer) => viewer.isFull());
    if (isFull || screen.backlog() > limits.screenBacklogBytesHigh) pty.pause();
    else if (screen.backlog() < limits.screenBacklogBytesLow) pty.resume();
  };
  screen.onParsed(pace);
  pty.onData((chunk) => {
    screen.write(chunk);
    for (const viewer of viewers) viewer.follow(chunk);
    pace();
  });
  pty.onExit((code) => {
    screen.flush(() => {
      exitCode = code;
      for (const viewer of viewers) viewer.exited();
      onExit(code);
    });
  });

  return {
    describe: () => {
      const { title, cwd, shell } = spawn;
      return { id, title, cwd, pid: pty.pid, ...size, exitCode, shell };
    },
    attach: (socket) => {
      const hasExited = () => exitCode !== null;
      const viewer = createViewer({ socket, screen, clock, pace, hasExited });
      viewers.add(viewer);
      socket.on('data', (bytes) => {
        if (pty.write(bytes)) return;
        socket.pause();
        pty.drained(() => socket.resume());
      });
      socket.on('close', () => {
        viewers.delete(viewer);
        viewer.leave();
        pace();
      });
    },
    resize: (columns, rows) => {
      if (exitCode !== null) return;
      Object.assign(size, { columns, rows });
      pty.resize(columns, rows);
      screen.resize(columns, rows);
    },
    close: () => {
      if (exitCode !== null) return screen.dispose();
      pty.kill('SIGHUP');
      clock.after(limits.killGraceMs, () => {
        if (exitCode === null) pty.kill('SIGKILL');
      });
    },
  };
}
