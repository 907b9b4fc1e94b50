/** What a simulation recorded: reading it, asking it, saying it. */
export { type Changes, changeAt, hasUnknown, timeOfChange } from './changes.ts';
export { formatValue, type Radix, radixesOf } from './radix.ts';
export { gridStep, type Timescale, timeText } from './time.ts';
export { createVcdReader, type VcdReader, type VcdReaderOptions } from './vcd-reader.ts';
export { type Scope, type Signal, type Variable, type Waves, walkVariables } from './waves.ts';
