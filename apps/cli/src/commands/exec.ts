/** `joh exec SESSION -- CMD…`: streams, binary-safe, passes the exit code. */
import { constants } from 'node:os';
import type { Command } from 'commander';
import { type Context, withAgent } from '../context.ts';
import type { WithContext } from './accounts.ts';

/** Adds `joh exec`. */
export function addExecCommand(program: Command, withContext: WithContext): void {
  program
    .command('exec <session> <command...>')
    .description('run a program in the working copy of a session')
    .passThroughOptions()
    .action((session: string, argv: string[]) =>
      withContext((context) => exec(context, session, argv[0] === '--' ? argv.slice(1) : argv)),
    );
}

async function exec(context: Context, name: string, argv: string[]): Promise<void> {
  const { stdin, stdout, stderr, signal, output } = context;
  const exit = await withAgent(context, name, (agent) =>
    agent.run(
      { argv },
      {
        ...(stdin.isTTY ? {} : { stdin }),
        onStdout: (data) => written(stdout, data),
        onStderr: (data) => written(stderr, data),
        signal,
      },
    ),
  );
  // As a POSIX shell reports it: 128 plus the signal's number.
  const number = exit.signal ? constants.signals[exit.signal as NodeJS.Signals] : undefined;
  process.exitCode = exit.exitCode ?? 128 + (number ?? 0);
  output.result({ exitCode: process.exitCode });
}

/** Resolves when more may be written, so that a slow reader slows the program and not our memory. */
function written(stream: NodeJS.WritableStream, data: Uint8Array): Promise<void> | void {
  if (stream.write(data)) return;
  return new Promise((resolve) => stream.once('drain', resolve));
}
