/** A recording as it is read from the session, again whenever its file has changed. */
import type { Clock } from '@joh/clock';
import { createVcdReader, type Waves } from '@joh/waves';
import type { Agent } from '../agent/agent.ts';

/** Changes in memory; a browser's page has one or two gigabytes. */
const bytesMax = 256 * 1024 * 1024;
/** After the last word of a file that is being written. */
const quietMs = 400;

export interface RecordingState {
  /** The last whole one; a newer one takes its place at once. */
  waves: Waves | null;
  /** Bytes read and in the file, while it is read. */
  progress: { read: number; size: number } | null;
  error: unknown;
}

export interface Recording {
  readonly state: RecordingState;
  /** Calls at once with the current one. */
  watch(listener: (state: RecordingState) => void): () => void;
  /** The file was written. */
  changed(): void;
  dispose(): void;
}

export function createRecording(
  { agent, clock }: { agent: Agent; clock: Clock },
  path: string,
): Recording {
  const listeners = new Set<(state: RecordingState) => void>();
  const over = new AbortController();
  let state: RecordingState = { waves: null, progress: null, error: null };
  let cancelWait: (() => void) | null = null;
  let reading: Promise<void> | null = null;
  let isStale = false;
  const set = (next: Partial<RecordingState>) => {
    state = { ...state, ...next };
    for (const listener of listeners) listener(state);
  };
  const read = async () => {
    const { size } = await agent.call('files.stat', { path });
    const waves = await readWaves(agent, path, over.signal, (bytes) =>
      set({ progress: { read: bytes, size } }),
    );
    set({ waves, error: null });
  };
  const start = () => {
    cancelWait = null;
    if (reading) {
      isStale = true;
      return;
    }
    reading = read()
      .catch((error: unknown) => {
        if (!over.signal.aborted) set({ error });
      })
      .finally(() => {
        reading = null;
        if (over.signal.aborted) return;
        set({ progress: null });
        const again = isStale;
        isStale = false;
        if (again) start();
      });
  };
  start();
  return {
    get state() {
      return state;
    },
    watch(listener) {
      listeners.add(listener);
      listener(state);
      return () => listeners.delete(listener);
    },
    changed() {
      cancelWait?.();
      cancelWait = clock.after(quietMs, start);
    },
    dispose() {
      cancelWait?.();
      over.abort();
      listeners.clear();
    },
  };
}

/** Reads a file as far as memory allows, without ever holding it whole. */
async function readWaves(
  agent: Agent,
  path: string,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): Promise<Waves> {
  const reader = createVcdReader({ bytesMax });
  const enough = new AbortController();
  let bytes = 0;
  let told = 0;
  const stop = AbortSignal.any([signal, enough.signal]);
  try {
    await agent.eachPart(
      path,
      (part) => {
        if (!reader.write(part)) enough.abort();
        bytes += part.length;
        if (bytes - told < tellBytes) return;
        told = bytes;
        onRead(bytes);
      },
      stop,
    );
  } catch (error) {
    if (!enough.signal.aborted || !reader.waves) throw error;
    return reader.waves;
  }
  return reader.end();
}

/** Often enough to see it move. */
const tellBytes = 1024 * 1024;
