import type { SessionId } from '@joh/protocol';
import type { Nodes } from '#nodes';
import type { Logger } from '#platform';
import { decideStep } from './model.ts';
import type { Steps } from './steps.ts';
import type { SessionStore } from './store.ts';

/** Moves sessions on: for each, one step at a time, decided from its row. */
export interface Driver {
  /** Goes on with a session, if nothing is being done for it. */
  drive(id: SessionId): void;
  /** The row changed under what is being done: stop that, and decide again. */
  interrupt(id: SessionId): void;
  isDriving(id: SessionId): boolean;
  /** Stops everything where it is; the rows say how to go on. */
  stop(): Promise<void>;
}

export interface DriverOptions {
  store: Pick<SessionStore, 'find'>;
  nodes: Pick<Nodes, 'find'>;
  steps: Steps;
  logger: Logger;
  limits: { prepareAttemptsMax: number; movesMax: number };
}

interface Drive {
  controller: AbortController;
  isAgain: boolean;
  done: Promise<void>;
}

/** A session's steps never run side by side; different sessions' do. */
export function createDriver(options: DriverOptions): Driver {
  const drives = new Map<SessionId, Drive>();
  let isStopped = false;
  const drive = (id: SessionId) => {
    if (isStopped) return;
    const running = drives.get(id);
    if (running) {
      running.isAgain = true;
      return;
    }
    const made: Drive = {
      controller: new AbortController(),
      isAgain: false,
      done: Promise.resolve(),
    };
    drives.set(id, made);
    made.done = rounds(options, id, made)
      .catch((error: unknown) => {
        if (isStopped || made.controller.signal.aborted) return;
        options.logger.error({ err: error, session: id }, 'a step of a session failed');
      })
      .finally(() => {
        drives.delete(id);
        if (made.isAgain) drive(id);
      });
  };
  return {
    drive,
    interrupt(id) {
      const running = drives.get(id);
      if (!running) return drive(id);
      running.isAgain = true;
      running.controller.abort();
    },
    isDriving: (id) => drives.has(id),
    async stop() {
      isStopped = true;
      const running = [...drives.values()];
      for (const one of running) one.controller.abort();
      await Promise.all(running.map(({ done }) => done));
    },
  };
}

async function rounds(
  { store, nodes, steps, limits }: DriverOptions,
  id: SessionId,
  drive: Drive,
): Promise<void> {
  const { signal } = drive.controller;
  while (!signal.aborted) {
    drive.isAgain = false;
    const session = await store.find(id);
    if (!session || signal.aborted) return;
    const container = session.container ? await nodes.find(session.container) : null;
    const step = decideStep(session, container, limits);
    const isMore = await steps.run(session, step, signal);
    if (!isMore && !drive.isAgain) return;
  }
}
