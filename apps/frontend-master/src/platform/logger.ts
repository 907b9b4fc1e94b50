import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

const secretKeys = [
  'authorization',
  'cookie',
  'set-cookie',
  'token',
  'gitToken',
  'ticketKey',
  'ticket',
  'password',
  'credential',
  'secret',
];

/** The process's log: JSON lines; secrets are left out wherever they stand up to three levels deep. */
export function createLogger(options: { level: string; destination?: DestinationStream }): Logger {
  const paths = secretKeys.flatMap((key) => {
    const quoted = key.includes('-') ? `["${key}"]` : key;
    const nested = key.includes('-') ? quoted : `.${key}`;
    return [quoted, `*${nested}`, `*.*${nested}`];
  });
  const settings = { level: options.level, base: null, redact: { paths, censor: '[secret]' } };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
