/** A compiled design that runs: its clocks, lights, buttons and serial port. */
import type { Simulation } from '@joh/protocol';

export interface Machine {
  /** Lets this many clocks of the design pass. */
  run(clocks: number): void;
  /** Clocks since it was made. */
  readonly clocks: number;
  /** The part of the time since the last call that each light shone, 0 to 1, in the simulation's order. */
  takeLights(): number[];
  /** By its number in the simulation's list. */
  press(button: number, isDown: boolean): void;
  /** Baud of both directions; 8 bits, no parity, one stop bit. */
  setBaud(baud: number): void;
  /** Bytes into the design's RX; returns how many were taken, the rest has no room yet. */
  send(bytes: Uint8Array): number;
  /** What came out of TX since the last call. */
  takeBytes(): Uint8Array;
  /** Bytes since the last call that had no stop bit: another baud, most likely. */
  takeBroken(): number;
}

interface Exports {
  _initialize(): void;
  start(): void;
  run(clocks: number): void;
  press(button: number, isDown: number): void;
  takeLit(light: number): number;
  setBit(clocks256: number): void;
  send(byte: number): number;
  takeByte(): number;
  takeBroken(): number;
}

/** The size at which the first clocks are compiled better by the engine; and the longest a call takes. */
const clocksMax = 1 << 22;

/** The same from the module's bytes. */
export async function loadMachine(bytes: Uint8Array, simulation: Simulation): Promise<Machine> {
  return createMachine(await WebAssembly.compile(Uint8Array.from(bytes)), simulation);
}

/** Makes a design of its compiled module, as it is after power-on. */
export function createMachine(module: WebAssembly.Module, simulation: Simulation): Machine {
  const { clockHz, lights } = simulation;
  const design = new WebAssembly.Instance(module, importsOf(module)).exports as unknown as Exports;
  design._initialize();
  design.start();
  let clocks = 0;
  let looked = 0;
  return {
    get clocks() {
      return clocks;
    },
    run(count) {
      for (let rest = count; rest > 0; rest -= clocksMax) design.run(Math.min(rest, clocksMax));
      clocks += count;
    },
    takeLights() {
      const passed = Math.max(1, clocks - looked);
      looked = clocks;
      // A count of 32 bits: its wrap is undone by the unsigned shift.
      return lights.map((_, light) => Math.min(1, (design.takeLit(light) >>> 0) / passed));
    },
    press: (button, isDown) => design.press(button, Number(isDown)),
    setBaud: (baud) => design.setBit(Math.max(256, Math.round((clockHz / baud) * 256))),
    send(bytes) {
      let taken = 0;
      while (taken < bytes.length && design.send(bytes[taken] ?? 0) === 1) taken++;
      return taken;
    },
    takeBytes() {
      const bytes: number[] = [];
      for (let byte = design.takeByte(); byte >= 0; byte = design.takeByte()) bytes.push(byte);
      return Uint8Array.from(bytes);
    },
    takeBroken: () => design.takeBroken(),
  };
}

/** The C++ library can print when it aborts; a design has no files, so nothing may be written. */
function importsOf(module: WebAssembly.Module): WebAssembly.Imports {
  const imports: Record<string, Record<string, () => number>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const names = imports[from] ?? {};
    names[name] = () => 8; // WASI errno 8: EBADF
    imports[from] = names;
  }
  return imports;
}
