/** A build's events, for those who watch from the start and those who come later. */
import type { BuildEvent } from '@joh/protocol';
import { limits } from '#limits';

export interface EventLog {
  add(event: BuildEvent): void;
  /** All events from the first on, then those to come, until `done` or the signal. */
  follow(signal: AbortSignal): AsyncGenerator<BuildEvent>;
}

/** Keeps everything but, beyond a bound, the oldest lines of the tools. */
export function createEventLog(): EventLog {
  const events: BuildEvent[] = [];
  /** Number of `events[0]`, counted over all that there ever were. */
  let first = 0;
  let logCharacters = 0;
  const waiting = new Set<() => void>();
  const trim = () => {
    while (logCharacters > limits.buildLogCharactersMax) {
      const [oldest] = events;
      if (oldest?.type !== 'log') {
        const index = events.findIndex((event) => event.type === 'log');
        if (index < 0) return;
        const [removed] = events.splice(index, 1);
        if (removed?.type === 'log') logCharacters -= removed.text.length;
      } else {
        events.shift();
        logCharacters -= oldest.text.length;
      }
      first += 1;
    }
  };
  return {
    add: (event) => {
      events.push(event);
      if (event.type === 'log') {
        logCharacters += event.text.length;
        trim();
      }
      for (const resume of [...waiting]) resume();
    },
    follow: async function* (signal) {
      for (let next = first; !signal.aborted; ) {
        const event = events[Math.max(0, next - first)];
        if (!event) {
          await woken(waiting, signal);
          continue;
        }
        next = Math.max(next, first) + 1;
        yield event;
        if (event.type === 'done') return;
      }
    },
  };
}

function woken(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}
