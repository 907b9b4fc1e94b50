/** `joh`: composes the commands and is the only place that reads the environment and the clock. */
import { connectAgent, createFrontendClient } from '@joh/client';
import { systemClock, systemRandom } from '@joh/clock';
import { Command, CommanderError } from 'commander';
import { addAccountCommands, type WithContext } from './commands/accounts.ts';
import { addBuildCommand } from './commands/build.ts';
import { addCopyCommand } from './commands/copy.ts';
import { addEventCommand } from './commands/events.ts';
import { addExecCommand } from './commands/exec.ts';
import { addNodeCommands } from './commands/nodes.ts';
import { addPoolCommands } from './commands/pool.ts';
import { addProgramCommand } from './commands/program.ts';
import { addProjectCommands } from './commands/projects.ts';
import { addSessionCommands } from './commands/sessions.ts';
import { readConfiguration } from './configuration.ts';
import type { Context } from './context.ts';
import { createOutput } from './output.ts';

const clock = systemClock();
const random = systemRandom();
const cancel = new AbortController();
process.once('SIGINT', () => cancel.abort(new Error('Cancelled.')));
process.once('SIGTERM', () => cancel.abort(new Error('Cancelled.')));

const program = new Command('joh')
  .description('Joy of Hardware from a terminal. The address comes from JOH_URL.')
  .option('--json', 'print one object as the last line')
  .enablePositionalOptions()
  .exitOverride();

let json = false;
program.hook('preAction', (_, command) => {
  json = command.optsWithGlobals().json === true;
});

const withContext: WithContext = async (work) => {
  const output = createOutput(json, process.stdout, process.stderr);
  try {
    await work(createContext(output));
  } catch (error) {
    output.failure(error);
    process.exitCode = 1;
  }
};

addAccountCommands(program, withContext);
addProjectCommands(program, withContext);
addSessionCommands(program, withContext);
addExecCommand(program, withContext);
addCopyCommand(program, withContext);
addBuildCommand(program, withContext);
addProgramCommand(program, withContext);
addNodeCommands(program, withContext);
addPoolCommands(program, withContext);
addEventCommand(program, withContext);
for (const command of program.commands.flatMap((one) => [one, ...one.commands]))
  command.option('--json', 'print one object as the last line');

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode;
}

function createContext(output: Context['output']): Context {
  const configuration = readConfiguration(process.env);
  const client = createFrontendClient({
    url: configuration.url,
    fetch: globalThis.fetch,
    token: configuration.token,
    clock,
  });
  return {
    configuration,
    client,
    connect: (session) =>
      connectAgent({
        client,
        session,
        openSocket: client.openSocket,
        clock,
        random,
        signal: cancel.signal,
      }),
    output,
    clock,
    random,
    signal: cancel.signal,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
}
