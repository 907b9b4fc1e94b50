/** What yosys does with a design to make C++ of it. Pure. */
import { oscillatorWire } from './models.ts';

export interface ScriptOptions {
  top: string;
  /** The design as RTLIL, processes already turned into cells. */
  design: string;
  /** Verilog of the primitives it uses; null when it uses none. */
  models: string | null;
  /** Where the C++ goes. */
  code: string;
}

export function yosysScript({ top, design, models, code }: ScriptOptions): string {
  return [
    `read_rtlil ${design}`,
    ...(models === null ? [] : [`read_verilog -overwrite ${models}`]),
    `hierarchy -check -top ${top}`,
    'proc',
    'flatten',
    'deminout',
    `expose -cut w:*${oscillatorWire}`,
    'opt -full',
    // Memories stay memories: as registers they would be thousands of lines.
    'memory_collect',
    // Words that are driven in parts look like loops; each loop costs a second pass in every clock.
    'splitnets -driver',
    'splitnets w:*memwr*_EN*',
    'opt_clean -purge',
    `write_cxxrtl -g0 ${code}`,
  ].join('; ');
}

/** Optimised, without exceptions, as a library that a page starts. */
export const clangArguments = (harness: string, module: string, include: string): string[] => [
  '-O2',
  '-std=c++17',
  '-fno-exceptions',
  '-mexec-model=reactor',
  `-I${include}`,
  harness,
  '-o',
  module,
];
