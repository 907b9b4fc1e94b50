/** What operators watch. */
export { meterEngine } from './engine-meter.ts';
export { createMetrics, type Gauges, type Metrics } from './metrics.ts';
