/** `joh program SESSION FILE [--board BOARD]`: checks, programs and verifies. */
import { readFile } from 'node:fs/promises';
import {
  type Board,
  failureHelp,
  type ProgramTarget,
  programBoard,
  type System,
  type UsbPort,
} from '@joh/boards';
import { fault, isFault } from '@joh/protocol';
import type { Command } from 'commander';
import { attachedBoards, chooseBoard, type ListedBoard, simulatedBoards } from '../boards.ts';
import { type Context, pathInSession, withAgent } from '../context.ts';
import { table } from '../output.ts';
import type { WithContext } from './accounts.ts';

interface Options {
  board?: string;
  serial?: string;
  target?: string;
  flash?: boolean;
  file?: boolean;
}

/** Adds `joh program` and `joh boards`. */
export function addProgramCommand(program: Command, withContext: WithContext): void {
  program
    .command('program <session> [file]')
    .description('program a board of this computer with a bitstream of a session')
    .option('--board <board>', `a board id, or ${Object.keys(simulatedBoards).join(', ')}`)
    .option('--serial <number>', 'the serial number, where several boards fit')
    .option('--target <target>', 'sram or flash; default: what the board is wired for as sold')
    .option('--flash', 'the same as --target flash')
    .option(
      '--file',
      'take a file of this computer instead of a session’s: joh program --file FILE',
    )
    .action((first: string, second: string | undefined, options: Options) =>
      withContext((context) => programFile(context, first, second, options)),
    );
  program
    .command('boards')
    .description('the boards that are attached to this computer')
    .action(() => withContext(listBoards));
}

async function listBoards({ output }: Context): Promise<void> {
  const boards = await attachedBoards();
  const rows = boards.map(({ name, board, serial, isSure }) => [
    name,
    isSure ? board.title : `${board.title}?`,
    serial ?? '',
  ]);
  if (rows.length === 0) output.line('No board of the table is attached.');
  for (const line of table([['BOARD', 'TITLE', 'SERIAL'], ...rows]).slice(rows.length ? 0 : 1))
    output.line(line);
  output.result({
    boards: boards.map(({ name, board, serial, isSure }) => ({
      ...{ board: name, title: board.title, serial, isSure },
    })),
  });
}

async function programFile(
  context: Context,
  first: string,
  second: string | undefined,
  options: Options,
): Promise<void> {
  const chosen = chooseBoard(
    options.board?.startsWith('sim:') ? [] : await attachedBoards(),
    options,
  );
  const { board } = chosen;
  const target = targetOf(board, options);
  const bitstream = await bitstreamOf(context, first, second, options);
  let said = '';
  try {
    const result = await programBoard({
      port: portOf(chosen, context, target),
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
  } catch (error) {
    explain(context, board, error);
    throw error;
  }
}

const portOf = (chosen: ListedBoard, { clock }: Context, target: ProgramTarget): UsbPort =>
  chosen.port(clock, target);

async function bitstreamOf(
  context: Context,
  first: string,
  second: string | undefined,
  { file }: Options,
): Promise<Uint8Array> {
  if (file) return readFile(first);
  if (second === undefined)
    throw fault('E_REQUEST_INVALID', { reason: 'name the session and the file in it' });
  return withAgent(context, first, (agent, session) =>
    agent.readFile(pathInSession(session, second)),
  );
}

function targetOf(board: Board, options: Options): ProgramTarget {
  const target = options.flash ? 'flash' : (options.target ?? board.targets[0]);
  if (target !== 'sram' && target !== 'flash')
    throw fault('E_REQUEST_INVALID', { reason: '--target: use sram or flash' });
  return target;
}

/** The steps for this system, before the fault itself is told. */
function explain({ output }: Context, { usb, title }: Board, error: unknown): void {
  if (!isFault(error)) return;
  const help = failureHelp(error.code, systems[process.platform] ?? 'other', { ...usb, title });
  if (!help) return;
  output.progress(`\n${help.title}:`);
  for (const [index, { text, command }] of help.steps.entries()) {
    output.progress(`  ${index + 1}. ${text}`);
    if (command) output.progress(`     ${command}`);
  }
  output.progress('');
}

const systems: Partial<Record<NodeJS.Platform, System>> = {
  linux: 'linux',
  darwin: 'macos',
  win32: 'windows',
};
