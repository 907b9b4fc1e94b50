/** A JTAG test access port (IEEE 1149.1-2013, clause 6): the state machine and its two registers. */

export interface TapRegisters {
  /** Bits of the instruction register. */
  instructionBits: number;
  /** The instruction after Test-Logic-Reset: IDCODE where there is one. */
  resetInstruction: number;
  /** Update-IR. */
  instructed(instruction: number): void;
  /** Capture-DR: the bits to shift out, the first one first; null for a register that only takes. */
  capture(instruction: number): readonly number[] | null;
  /** Shift-DR of a register that only takes. */
  taken(instruction: number, bit: number): void;
  /** Update-DR with what was shifted in, the first bit first. */
  updated(instruction: number, bits: readonly number[]): void;
  /** A clock in Run-Test/Idle. */
  idled(): void;
  /** What the instruction joins TDI and TDO to; null for the registers of the device itself. */
  wires?(instruction: number): TapWires | null;
}

/** Wires of another chip that are clocked by TCK in Shift-DR. */
export interface TapWires {
  /** Shift-DR begins. */
  begin(): void;
  /** A rising edge; returns TDO as it is sampled there. */
  exchange(tdi: number): number;
  /** What TDO is at the next rising edge. */
  output(): number;
  /** Shift-DR ends. */
  end(): void;
}

const next = {
  reset: ['idle', 'reset'],
  idle: ['idle', 'selectDr'],
  selectDr: ['captureDr', 'selectIr'],
  captureDr: ['shiftDr', 'exit1Dr'],
  shiftDr: ['shiftDr', 'exit1Dr'],
  exit1Dr: ['pauseDr', 'updateDr'],
  pauseDr: ['pauseDr', 'exit2Dr'],
  exit2Dr: ['shiftDr', 'updateDr'],
  updateDr: ['idle', 'selectDr'],
  selectIr: ['captureIr', 'reset'],
  captureIr: ['shiftIr', 'exit1Ir'],
  shiftIr: ['shiftIr', 'exit1Ir'],
  exit1Ir: ['pauseIr', 'updateIr'],
  pauseIr: ['pauseIr', 'exit2Ir'],
  exit2Ir: ['shiftIr', 'updateIr'],
  updateIr: ['idle', 'selectDr'],
} as const;
type TapState = keyof typeof next;

export interface JtagTap {
  /** A rising edge of TCK; returns TDO as it is sampled at that edge. */
  clock(tms: number, tdi: number): number;
  /** What TDO becomes at a falling edge of TCK now: the next bit, or let go (and pulled up). */
  output(): number;
  state(): TapState;
}

export function jtagTap(registers: TapRegisters): JtagTap {
  let state: TapState = 'reset';
  let instruction = registers.resetInstruction;
  /** What is being shifted: bits to come out at the front. Null: the register only takes. */
  let shifting: number[] | null = null;
  let taken: number[] = [];
  let wires: TapWires | null = null;
  const enter = (to: TapState) => {
    if (to === 'reset') instruction = registers.resetInstruction;
    // 1149.1 §7.2: the two lowest bits that are captured are 01.
    if (state === 'captureIr') shifting = [1, ...new Array(registers.instructionBits - 1).fill(0)];
    if (state === 'captureDr') {
      const bits = registers.capture(instruction);
      shifting = bits ? [...bits] : null;
      taken = [];
    }
    if (to === 'shiftDr' && state !== 'shiftDr') {
      wires = registers.wires?.(instruction) ?? null;
      wires?.begin();
    }
    if (state === 'shiftDr' && to !== 'shiftDr') {
      wires?.end();
      wires = null;
    }
    if (to === 'updateIr') {
      instruction = (shifting ?? []).reduce((value, bit, index) => value | (bit << index), 0);
      registers.instructed(instruction);
    }
    if (to === 'updateDr') registers.updated(instruction, shifting ?? taken);
    if (state === 'idle' && to === 'idle') registers.idled();
    state = to;
  };
  return {
    state: () => state,
    output: () => {
      if (wires) return wires.output();
      return state === 'shiftDr' || state === 'shiftIr' ? (shifting?.[0] ?? 1) : 1;
    },
    clock: (tms, tdi) => {
      let tdo = 1;
      if (wires) tdo = wires.exchange(tdi);
      else if (state === 'shiftDr' || state === 'shiftIr') {
        if (shifting) {
          tdo = shifting.shift() ?? tdi;
          shifting.push(tdi);
        } else registers.taken(instruction, tdi);
      }
      enter(next[state][tms === 0 ? 0 : 1]);
      return tdo;
    },
  };
}
