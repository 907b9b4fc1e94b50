/** `joh-fm`: the only place that reads the environment, the real clock and the real random. */
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { FolderBusy } from '@joh/nix-cache';
import { Fault } from '@joh/protocol';
import { RegistryCertificateError, writeRegistryCertificate } from '#membership';
import {
  ConfigurationError,
  createLogger,
  describeConfiguration,
  readConfiguration,
  StoreNewer,
} from '#platform';
import { startFrontendMaster } from './frontend-master.ts';

const root = join(import.meta.dirname, '..', '..', '..');

try {
  const configuration = readConfiguration(process.env);
  if (process.argv[2] === 'config') {
    process.stdout.write(`${describeConfiguration(configuration).join('\n')}\n`);
  } else if (process.argv[2] === 'registry-certificate') {
    writeRegistryCertificate({
      registry: configuration.values.JOH_REGISTRY,
      dataDirectory: configuration.values.JOH_DATA,
      folder: process.argv[3],
      clock: systemClock(),
      random: systemRandom(),
    });
  } else await serve(configuration.values);
} catch (error) {
  // What the operator can mend is a sentence; anything else is a bug and keeps its stack.
  const isSentence =
    error instanceof ConfigurationError ||
    error instanceof FolderBusy ||
    error instanceof RegistryCertificateError ||
    error instanceof StoreNewer ||
    error instanceof Fault;
  process.stderr.write(`${isSentence ? error.message : (error as Error).stack}\n`);
  process.exitCode = 1;
}

async function serve(configuration: ReturnType<typeof readConfiguration>['values']): Promise<void> {
  const logger = createLogger({ level: configuration.JOH_LOG });
  const frontendMaster = await startFrontendMaster({
    configuration,
    environment: process.env,
    root,
    clock: systemClock(),
    random: systemRandom(),
    logger,
  });
  const stop = () =>
    void frontendMaster.stop().then(() => {
      // Sockets that would not close in time must not keep the process.
      process.exit();
    });
  // Ctrl-C reaches every process of a terminal, and `npm start` passes it on: it comes twice.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  process.stdout.write(`\nJoy of Hardware is at ${frontendMaster.url}\n`);
  if (configuration.JOH_ENGINE === 'local') {
    process.stdout.write(
      'Sessions run as child processes of this machine: for one trusted user.\n',
    );
  }
}
