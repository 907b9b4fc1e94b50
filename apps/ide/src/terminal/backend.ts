/** The agent's terminals as VS Code's terminal backend; they outlive the page. */
import { Event } from '@codingame/monaco-vscode-api/vscode/vs/base/common/event';
import {
  type ITerminalBackend,
  type ITerminalsLayoutInfo,
  TitleEventSource,
} from '@codingame/monaco-vscode-api/vscode/vs/platform/terminal/common/terminal';
import type { IProcessDetails } from '@codingame/monaco-vscode-api/vscode/vs/platform/terminal/common/terminalProcess';
import type { Clock } from '@joh/clock';
import type { Terminal } from '@joh/protocol';
import type { Agent } from '../agent/agent.ts';
import { terminalTitle } from '../shell/model.ts';
import { parseLayout, restoredLayout } from './layout.ts';
import { createTerminalProcess } from './process.ts';

export interface TerminalBackendOptions {
  agent: Agent;
  clock: Pick<Clock, 'after'>;
  /** Whether the page is being left just now: its terminals go on without it. */
  isLeaving: () => boolean;
  root: string;
  /** Where the arrangement in tabs is kept, e.g. `localStorage`. */
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  /** Names the session in `storage`. */
  storageKey: string;
}

export function createTerminalBackend(options: TerminalBackendOptions): ITerminalBackend {
  const { agent, clock, isLeaving, root, storage, storageKey } = options;
  const numbers = createNumbering();
  let setReady: () => void = () => undefined;
  const whenReady = new Promise<void>((resolve) => {
    setReady = resolve;
  });
  const live = async () => {
    const { terminals } = await agent.call('terminals.list', {});
    return terminals.filter(({ exitCode }) => exitCode === null);
  };
  const shellPath = async () => (await agent.call('workspace.describe', {})).shell;
  const processOf = (id: number, cwd: string, terminal: () => Promise<Terminal>) =>
    createTerminalProcess({
      agent,
      clock,
      id,
      cwd,
      terminal,
      onStarted: (started) => numbers.set(id, started.id),
      titleOf: ({ title, shell = null }, now) => terminalTitle(title, shell, now),
      isLeaving,
    });
  return {
    ...unusedParts,
    whenReady,
    setReady: () => setReady(),
    getDefaultSystemShell: shellPath,
    async getProfiles() {
      const path = await shellPath();
      return [{ profileName: path.split('/').pop() ?? path, path, isDefault: true }];
    },
    async createProcess(launch, cwd, columns, rows, _unicode, env) {
      const directory = cwd || root;
      return processOf(numbers.next(), directory, async () => {
        const argv = argvOf(launch);
        const { terminal } = await agent.call('terminals.create', {
          cwd: directory,
          columns: Math.max(1, columns),
          rows: Math.max(1, rows),
          ...(launch.name ? { title: launch.name } : {}),
          ...(argv ? { argv } : {}),
          env: Object.fromEntries(
            Object.entries(env).filter(
              (entry): entry is [string, string] => entry[1] !== undefined,
            ),
          ),
        });
        return terminal;
      });
    },
    async attachToProcess(id) {
      const terminal = (await live()).find((one) => one.id === numbers.idOf(id));
      return terminal && processOf(id, terminal.cwd, async () => terminal);
    },
    attachToRevivedProcess: async () => undefined,
    listProcesses: async () => (await live()).map((terminal) => details(terminal, numbers)),
    async getTerminalLayoutInfo(): Promise<ITerminalsLayoutInfo> {
      const terminals = await live();
      const byId = new Map(terminals.map((terminal) => [terminal.id, terminal]));
      const saved = parseLayout(storage.getItem(storageKey));
      const { tabs } = restoredLayout(saved, [...byId.keys()]);
      return {
        background: null,
        tabs: tabs.map((tab, index) => ({
          isActive: index === 0,
          activePersistentProcessId: tab.active ? numbers.of(tab.active) : undefined,
          terminals: tab.terminals.flatMap((id) => {
            const terminal = byId.get(id);
            if (!terminal) return [];
            const relativeSize = 1 / tab.terminals.length;
            return [{ relativeSize, terminal: details(terminal, numbers) }];
          }),
        })),
      };
    },
    async setTerminalLayoutInfo(layout) {
      // Without a layout the page is being left: what was saved before is what counts.
      if (!layout) return;
      const tabs = layout.tabs.map((tab) => ({
        active: numbers.idOf(tab.activePersistentProcessId ?? -1) ?? null,
        terminals: tab.terminals.flatMap(({ terminal }) => numbers.idOf(terminal) ?? []),
      }));
      storage.setItem(storageKey, JSON.stringify({ tabs }));
    },
  };
}

/** VS Code numbers terminals; the agent names them. */
function createNumbering() {
  const ids = new Map<number, string>();
  let last = 0;
  return {
    next: () => ++last,
    set: (number: number, id: string) => void ids.set(number, id),
    idOf: (number: number) => ids.get(number),
    of(id: string) {
      for (const [number, known] of ids) if (known === id) return number;
      ids.set(++last, id);
      return last;
    },
  };
}
type Numbering = ReturnType<typeof createNumbering>;

function argvOf(launch: { executable?: string; args?: string[] | string }): string[] | undefined {
  // Without arguments it is the default shell, which the agent starts as a login shell.
  if (!launch.executable || !launch.args?.length) return undefined;
  return [launch.executable, ...(typeof launch.args === 'string' ? [launch.args] : launch.args)];
}

function details(terminal: Terminal, numbers: Numbering): IProcessDetails {
  return {
    id: numbers.of(terminal.id),
    pid: terminal.pid,
    title: terminal.title,
    titleSource: TitleEventSource.Process,
    cwd: terminal.cwd,
    workspaceId: '',
    workspaceName: '',
    isOrphan: true,
    icon: undefined,
    color: undefined,
    fixedDimensions: undefined,
    environmentVariableCollections: undefined,
    hasChildProcesses: false,
    shellIntegrationNonce: '',
  };
}

/** What a backend with a pty host of its own would offer. */
const unusedParts = {
  remoteAuthority: undefined,
  isResponsive: true,
  onPtyHostUnresponsive: Event.None,
  onPtyHostResponsive: Event.None,
  onPtyHostRestart: Event.None,
  onDidRequestDetach: Event.None,
  getLatency: async () => [],
  getWslPath: async (original: string) => original,
  getEnvironment: async () => ({}),
  getShellEnvironment: async () => ({}),
  updateTitle: async () => undefined,
  updateIcon: async () => undefined,
  setNextCommandId: async () => undefined,
  getPerformanceMarks: async () => [],
  reduceConnectionGraceTime: async () => undefined,
  requestDetachInstance: async () => undefined,
  acceptDetachInstanceReply: async () => undefined,
  persistTerminalState: async () => undefined,
  restartPtyHost: () => undefined,
  installAutoReply: async () => undefined,
  uninstallAllAutoReplies: async () => undefined,
};
