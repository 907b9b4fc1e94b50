/** Lets a machine run at the speed of its clock, and says thirty times a second how it looks. */
import type { Simulation } from '@joh/protocol';
import { createMachine, type Machine } from './machine.ts';
import { type Pace, passed, planSlice, simulated, startPace } from './pace.ts';
import type { Frame, ToWorker } from './worker-messages.ts';

const frameMs = 33;
/** A design that keeps up has nothing to do for so long. */
const restMs = 4;
/** What `Frame.speed` looks back on. */
const speedMs = 1000;

export interface BoardLoopOptions {
  /** Milliseconds that never go back. */
  monotonic(): number;
  /** Runs it later; `ms` 0: as soon as waiting messages were seen. */
  later(ms: number, fn: () => void): void;
  onFrame(frame: Frame): void;
}

interface Running {
  machine: Machine;
  simulation: Simulation;
  pace: Pace;
  wallMs: number;
  lookedMs: number;
  framedMs: number;
  /** Bytes for which the design's line had no room yet. */
  waiting: Uint8Array;
  /** Where both times were, about a second ago and since. */
  marks: { wallMs: number; simulatedMs: number }[];
}

/** Returns what takes the messages. */
export function createBoardLoop(options: BoardLoopOptions): (message: ToWorker) => void {
  let running: Running | null = null;
  let isPaused = false;
  let isScheduled = false;
  const schedule = (ms: number) => {
    if (isScheduled) return;
    isScheduled = true;
    options.later(ms, () => {
      isScheduled = false;
      if (running && !isPaused) schedule(turn(running, options));
    });
  };
  return (message) => {
    switch (message.kind) {
      case 'start':
        running = start(message, options.monotonic());
        return schedule(0);
      case 'press':
        return running?.machine.press(message.button, message.isDown);
      case 'baud':
        return running?.machine.setBaud(message.baud);
      case 'send':
        if (running) running.waiting = joined(running.waiting, message.bytes);
        return;
      case 'pause':
        isPaused = message.isPaused;
        if (running) running.lookedMs = options.monotonic();
        return schedule(0);
    }
  };
}

function start(message: Extract<ToWorker, { kind: 'start' }>, nowMs: number): Running {
  const { module, simulation, baud } = message;
  const machine = createMachine(module, simulation);
  machine.setBaud(baud);
  return {
    machine,
    simulation,
    pace: startPace(),
    wallMs: 0,
    lookedMs: nowMs,
    framedMs: nowMs,
    waiting: new Uint8Array(),
    marks: [{ wallMs: 0, simulatedMs: 0 }],
  };
}

/** One slice and perhaps a frame; returns how long to rest. */
function turn(running: Running, { monotonic, onFrame }: BoardLoopOptions): number {
  const { machine, simulation } = running;
  const began = monotonic();
  running.pace = passed(running.pace, began - running.lookedMs);
  running.wallMs += began - running.lookedMs;
  running.lookedMs = began;
  running.waiting = running.waiting.subarray(machine.send(running.waiting));
  const clocks = planSlice(running.pace, simulation.clockHz);
  if (clocks > 0) {
    machine.run(clocks);
    running.pace = simulated(running.pace, clocks, monotonic() - began, simulation.clockHz);
  }
  if (began - running.framedMs >= frameMs) {
    running.framedMs = began;
    onFrame(frameOf(running));
  }
  return planSlice(running.pace, simulation.clockHz) > 0 ? 0 : restMs;
}

function frameOf({ machine, simulation, wallMs, marks }: Running): Frame {
  const simulatedMs = (machine.clocks * 1000) / simulation.clockHz;
  marks.push({ wallMs, simulatedMs });
  while (marks.length > 2 && wallMs - (marks[1]?.wallMs ?? 0) >= speedMs) marks.shift();
  const [first = { wallMs: 0, simulatedMs: 0 }] = marks;
  const passedMs = Math.max(1, wallMs - first.wallMs);
  return {
    lights: machine.takeLights(),
    bytes: machine.takeBytes(),
    broken: machine.takeBroken(),
    simulatedMs,
    wallMs,
    speed: Math.min(1, (simulatedMs - first.simulatedMs) / passedMs),
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
