/** A design that runs in a worker, as the page sees it. */
import type { SerialStream } from '@joh/boards';
import type { Simulation } from '@joh/protocol';
import type { Frame, ToWorker } from '@joh/virtual-board';

export interface RunningBoard {
  simulation: Simulation;
  /** Its serial port; lives as long as the board. */
  serial: SerialStream;
  press(button: string, isDown: boolean): void;
  pause(isPaused: boolean): void;
  /** The design starts again as after power-on. */
  reset(): void;
  stop(): void;
}

export function runBoard(options: {
  module: WebAssembly.Module;
  simulation: Simulation;
  baud: number;
  onFrame(frame: Frame): void;
  /** The design has trapped, or the worker could not be had. */
  onError(error: Error): void;
}): RunningBoard {
  const { module, simulation, onFrame, onError } = options;
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const say = (message: ToWorker) => worker.postMessage(message);
  const listeners = new Set<(bytes: Uint8Array) => void>();
  const end = Promise.withResolvers<Error | null>();
  let baud = options.baud;
  const start = () => say({ kind: 'start', module, simulation, baud });
  worker.onmessage = ({ data }: MessageEvent<Frame>) => {
    if (data.bytes.length > 0) for (const listener of listeners) listener(data.bytes);
    onFrame(data);
  };
  worker.onerror = ({ message }) => onError(new Error(message || 'the worker could not start'));
  start();
  return {
    simulation,
    serial: {
      onBytes: (listener) => void listeners.add(listener),
      write: async (bytes) => say({ kind: 'send', bytes }),
      setRate: async (next) => {
        baud = next;
        say({ kind: 'baud', baud });
      },
      close: async () => {
        listeners.clear();
        end.resolve(null);
      },
      ended: end.promise,
    },
    press(id, isDown) {
      const button = simulation.buttons.indexOf(id);
      if (button >= 0) say({ kind: 'press', button, isDown });
    },
    pause: (isPaused) => say({ kind: 'pause', isPaused }),
    reset: start,
    stop() {
      worker.terminate();
      end.resolve(null);
    },
  };
}
