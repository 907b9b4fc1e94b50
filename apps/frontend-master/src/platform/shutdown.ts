import type { Clock } from '@joh/clock';
import type { Logger } from './logger.ts';

/** Ends the process's parts in the reverse order of their start. */
export interface Shutdown {
  /** `signal` aborts when the deadline has passed: then let go at once. */
  add(name: string, end: (signal: AbortSignal) => void | Promise<void>): void;
  /** Runs once; later calls wait for the first. Never rejects. */
  run(): Promise<void>;
}

/** A part that does not end within the deadline is named in the log and left behind. */
export function createShutdown(options: {
  clock: Clock;
  logger: Logger;
  deadlineMs: number;
}): Shutdown {
  const parts: { name: string; end: (signal: AbortSignal) => void | Promise<void> }[] = [];
  let running: Promise<void> | null = null;
  const run = async () => {
    const deadline = new AbortController();
    const cancel = options.clock.after(options.deadlineMs, () => deadline.abort());
    for (const { name, end } of parts.toReversed()) {
      const late = new Promise<'late'>((resolve) => {
        if (deadline.signal.aborted) resolve('late');
        deadline.signal.addEventListener('abort', () => resolve('late'), { once: true });
      });
      try {
        const ended = await Promise.race([Promise.resolve(end(deadline.signal)), late]);
        if (ended === 'late') options.logger.warn({ part: name }, 'did not end in time');
      } catch (error) {
        options.logger.error({ err: error, part: name }, 'did not end cleanly');
      }
    }
    cancel();
  };
  return {
    add: (name, end) => void parts.push({ name, end }),
    run: () => {
      running ??= run();
      return running;
    },
  };
}
