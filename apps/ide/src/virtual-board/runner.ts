/** The board that runs now, if one does: paused by hand or out of sight, started again, ended. */
import type { Clock } from '@joh/clock';
import { fault, isFault, type Simulation } from '@joh/protocol';
import type { Stage } from './model.ts';
import { type RunningBoard, runBoard } from './running-board.ts';
import { standing, startStanding } from './standstill.ts';
import type { VirtualBoardView } from './view.ts';

export interface Runner {
  readonly board: RunningBoard | null;
  set(stage: Stage): void;
  /** Draws the stage again: its time has gone on. */
  redraw(): void;
  run(module: WebAssembly.Module, simulation: Simulation): void;
  pause(isPaused: boolean): void;
  /** Whether the view can be seen. */
  show(isShown: boolean): void;
  reset(): void;
  stop(): void;
  /** Stops, and shows why. */
  fail(error: unknown): void;
}

export function createRunner(view: VirtualBoardView, clock: Clock): Runner {
  let board: RunningBoard | null = null;
  let stage: Stage = { state: 'empty' };
  let standstill = startStanding(true, clock.monotonic());
  const redraw = () => view.stage(stage, clock.monotonic());
  const set = (next: Stage) => {
    stage = next;
    redraw();
  };
  /** Makes the board and the view follow what is known. */
  const follow = (change: { isPaused?: boolean }) => {
    if (stage.state !== 'running') return;
    set({ ...stage, ...change, stoodMs: standstill.stoodMs });
    board?.pause(stage.isPaused || !standstill.isShown);
  };
  const startAgain = () => {
    standstill = startStanding(standstill.isShown, clock.monotonic());
  };
  const stop = () => {
    view.console.attach(null);
    board?.stop();
    board = null;
  };
  const fail = (error: unknown) => {
    stop();
    const reason = error instanceof Error ? error.message : String(error);
    const known = isFault(error) ? error : fault('E_SIMULATION_FAILED', { reason });
    set({ state: 'failed', fault: known.body() });
  };
  redraw();
  return {
    get board() {
      return board;
    },
    ...{ set, redraw, stop, fail },
    run(module, simulation) {
      const { lights, buttons, clockHz, notes, uart } = simulation;
      board = runBoard({
        module,
        simulation,
        baud: view.console.baud,
        onFrame: (frame) => {
          if (board && stage.state === 'running') view.frame(frame, lights, clockHz);
        },
        onError: fail,
      });
      view.setButtons(buttons);
      const hint = uart.tx || uart.rx ? '' : 'This design does not use the serial port.';
      view.console.attach(board.serial, hint);
      startAgain();
      set({ state: 'running', isPaused: false, notes, stoodMs: 0 });
      follow({});
    },
    pause: (isPaused) => follow({ isPaused }),
    show(isShown) {
      const isPaused = stage.state !== 'running' || stage.isPaused;
      standstill = standing(standstill, isShown, clock.monotonic(), isPaused);
      follow({});
    },
    reset() {
      startAgain();
      follow({ isPaused: false });
      board?.reset();
    },
  };
}
