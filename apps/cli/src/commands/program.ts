/** `joh program SESSION FILE --board BOARD`: checks, programs and verifies. */
import {
  type Board,
  boardById,
  type ProgramTarget,
  programBoard,
  type UsbPort,
  webUsbPort,
} from '@joh/boards';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { fault } from '@joh/protocol';
import type { Command } from 'commander';
import { type Context, pathInSession, withAgent } from '../context.ts';
import type { WithContext } from './accounts.ts';

interface Options {
  board: string;
  target?: string;
}

/** What `--board` can name: boards that exist only as models, by `sim:<board>`. */
const simulated: Readonly<Record<string, (context: Context, target: ProgramTarget) => UsbPort>> = {
  'sim:icebreaker': ({ clock }, target) =>
    webUsbPort(simulatedIcebreaker({ clock, jumpers: target }).device),
};

/** Adds `joh program`. */
export function addProgramCommand(program: Command, withContext: WithContext): void {
  program
    .command('program <session> <file>')
    .description('program a board with a bitstream of a session')
    .requiredOption('--board <board>', Object.keys(simulated).join(', '))
    .option('--target <target>', 'sram or flash; default: what the board is wired for as sold')
    .action((session: string, file: string, options: Options) =>
      withContext((context) => programFile(context, session, file, options)),
    );
}

async function programFile(
  context: Context,
  name: string,
  file: string,
  options: Options,
): Promise<void> {
  const { board, target, port } = findBoard(context, options);
  const bitstream = await withAgent(context, name, (agent, session) =>
    agent.readFile(pathInSession(session, file)),
  );
  let said = '';
  const result = await programBoard({
    port,
    board,
    bitstream,
    target,
    clock: context.clock,
    signal: context.signal,
    onProgress: ({ stage, message }) => {
      if (stage !== said) context.output.progress(message);
      said = stage;
    },
  });
  context.output.line(result.message);
  context.output.result({ ...result });
}

function findBoard(
  context: Context,
  options: Options,
): { board: Board; target: ProgramTarget; port: UsbPort } {
  const open = simulated[options.board];
  if (!open) {
    const known = Object.keys(simulated).join(', ');
    throw fault('E_BOARD_UNKNOWN', { board: options.board, boards: known });
  }
  const board = boardById(options.board.replace(/^sim:/, ''));
  const target = options.target ?? board.targets[0];
  if (target !== 'sram' && target !== 'flash') {
    throw fault('E_REQUEST_INVALID', { reason: '--target: use sram or flash' });
  }
  return { board, target, port: open(context, target) };
}
