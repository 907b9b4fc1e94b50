/** Boards without hardware, written from datasheets and not from the drivers. */

export { type SimulatedFomuOptions, simulatedFomu } from './dfu-bootloader.ts';
export {
  type SimulatedEcp5EvaluationOptions,
  simulatedEcp5Evaluation,
} from './ecp5-evaluation.ts';
export {
  type SimulatedBoard,
  type SimulatedFaults,
  type SimulatedIcebreakerOptions,
  type SimulatedState,
  simulatedHx8kBreakout,
  simulatedIcebreaker,
} from './icebreaker.ts';
export { type SimulatedUlx3sOptions, simulatedUlx3s } from './ulx3s.ts';
