/** What operators watch. */
export { createMetrics, type Gauges, type Metrics } from './metrics.ts';
