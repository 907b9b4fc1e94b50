/** One terminal of the agent as VS Code's terminal process. */
import { Emitter, Event } from '@codingame/monaco-vscode-api/vscode/vs/base/common/event';
import {
  type IProcessDataEvent,
  type IProcessProperty,
  type IProcessReadyEvent,
  type ITerminalChildProcess,
  ProcessPropertyType,
} from '@codingame/monaco-vscode-api/vscode/vs/platform/terminal/common/terminal';
import type { Clock } from '@joh/clock';
import { isFault, type ShellState, type Terminal } from '@joh/protocol';
import type { Agent, TerminalStream } from '../agent/agent.ts';
import { createSizeKeeper } from './size.ts';

/**
 * Bytes given to VS Code and not yet drawn, above which no more is taken from the link; its credit
 * then holds the program back. xterm.js' own recommendation is 100 kB to 500 kB
 * (https://xtermjs.org/docs/guides/flowcontrol/).
 */
const unacknowledgedMax = 200_000;

export interface TerminalProcessOptions {
  agent: Agent;
  clock: Pick<Clock, 'after'>;
  /** VS Code's number for it. */
  id: number;
  /** Makes or finds it; called once, at start. */
  terminal: () => Promise<Terminal>;
  cwd: string;
  onStarted: (terminal: Terminal) => void;
  /** Whether the page is being left: its terminals go on without it. */
  isLeaving: () => boolean;
  /** What its tab says, when the project's shell is that. */
  titleOf: (terminal: Terminal, shell: ShellState) => string;
}

export function createTerminalProcess(options: TerminalProcessOptions): ITerminalChildProcess {
  const { agent, id } = options;
  const data = new Emitter<IProcessDataEvent | string>();
  const ready = new Emitter<IProcessReadyEvent>();
  const replayed = new Emitter<void>();
  const exited = new Emitter<number | undefined>();
  const property = new Emitter<IProcessProperty>();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let terminal: Terminal | undefined;
  let stream: TerminalStream | undefined;
  let typedEarly = '';
  const drawn = createDrawnCredit();

  const size = createSizeKeeper(options.clock, (wanted) => {
    if (terminal) ignore(agent.call('terminals.resize', { terminal: terminal.id, ...wanted }));
  });

  const finish = (exitCode: number | null) => {
    size.dispose();
    stream?.close();
    exited.fire(exitCode ?? undefined);
  };
  agent.onNotice('terminals.exited', (notice) => {
    if (notice.terminal === terminal?.id) finish(notice.exitCode);
  });
  const showTitle = createTitle(options, () => terminal, property);
  agent.onNotice('shell.changed', showTitle);
  const connect = async () => {
    terminal = await options.terminal();
    options.onStarted(terminal);
    size.started(terminal);
    ignore(agent.call('shell.describe', {}).then(showTitle));
    stream = await agent.openTerminal(terminal.id);
    ready.fire({ pid: terminal.pid, cwd: terminal.cwd, windowsPty: undefined });
    let isFirst = true;
    stream.onData((bytes) => {
      const text = decoder.decode(bytes, { stream: true });
      if (text) data.fire(text);
      if (isFirst) replayed.fire();
      isFirst = false;
      return drawn.spend(text.length);
    });
    if (typedEarly) ignore(stream.write(encoder.encode(typedEarly)));
  };
  return {
    id,
    shouldPersist: true,
    onProcessData: data.event,
    onProcessReady: ready.event,
    onProcessReplayComplete: replayed.event,
    onProcessExit: exited.event,
    onDidChangeProperty: property.event,
    onRestoreCommands: Event.None,
    async start() {
      try {
        await connect();
        return undefined;
      } catch (error) {
        replayed.fire();
        if (!isFault(error)) return { message: String(error) };
        const { message, todo } = error.body();
        return { message: `${message} ${todo}` };
      }
    },
    shutdown() {
      size.dispose();
      stream?.close();
      if (options.isLeaving()) return;
      if (terminal) ignore(agent.call('terminals.close', { terminal: terminal.id }));
      exited.fire(undefined);
    },
    input(text) {
      if (stream) ignore(stream.write(encoder.encode(text)));
      else typedEarly += text;
    },
    async processBinary(text) {
      await stream?.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    },
    resize: (columns, rows) => size.want({ columns, rows }),
    acknowledgeDataEvent: (characters) => drawn.earn(characters),
    ...directoryParts(() => terminal?.cwd ?? options.cwd),
  };
}

/** Says in its tab when the project's shell is another than the terminal's. */
function createTitle(
  { titleOf }: TerminalProcessOptions,
  terminal: () => Terminal | undefined,
  property: Emitter<IProcessProperty>,
): (state: ShellState) => void {
  let shown: string | undefined;
  return (state) => {
    const now = terminal();
    const title = now && titleOf(now, state);
    // A terminal that is in the shell keeps the title that VS Code or its user gave it.
    if (!now || !title || title === (shown ?? now.title)) return;
    shown = title;
    // VS Code takes a process's title for a command line, and shows it up to the first space.
    const value = title.replaceAll(' ', '\u00a0');
    property.fire({ type: ProcessPropertyType.Title, value });
  };
}

/** What can be asked of a terminal besides its bytes. */
function directoryParts(directory: () => string) {
  return {
    sendSignal() {},
    clearBuffer() {},
    async setUnicodeVersion() {},
    getInitialCwd: async () => directory(),
    getCwd: async () => directory(),
    // The type wants one value type per property; only these two can be asked of a terminal here.
    refreshProperty: (async (type: ProcessPropertyType) =>
      type === ProcessPropertyType.Cwd || type === ProcessPropertyType.InitialCwd
        ? directory()
        : undefined) as ITerminalChildProcess['refreshProperty'],
    async updateProperty() {},
  };
}

/** Counts what is drawn: `spend` waits while too much is not. */
function createDrawnCredit() {
  let pending = 0;
  let resume: (() => void) | undefined;
  return {
    spend(characters: number): Promise<void> | void {
      pending += characters;
      if (pending <= unacknowledgedMax) return;
      return new Promise((resolve) => {
        resume = resolve;
      });
    },
    earn(characters: number) {
      pending = Math.max(0, pending - characters);
      if (pending > unacknowledgedMax / 2) return;
      resume?.();
      resume = undefined;
    },
  };
}

/** The terminal says itself that it has ended; a failed resize or close adds nothing to that. */
function ignore(call: Promise<unknown>): void {
  call.catch(() => undefined);
}
