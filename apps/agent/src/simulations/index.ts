/** Simulations of built designs, for the virtual board. */
export { compileDesign, type WasmTool } from './compiler.ts';
export { keepDesign } from './designs.ts';
export { createSimulations, type Simulations } from './simulations.ts';
