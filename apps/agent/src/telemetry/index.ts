/** What the container uses, and warnings when something runs out. */
export {
  createTelemetry,
  type Telemetry,
  type TelemetryOptions,
  type Warning,
} from './telemetry.ts';
