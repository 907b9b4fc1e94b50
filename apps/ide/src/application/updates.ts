/** Newer versions of the application: shown quietly, installed and started when the user says so. */
import type { UpdateState } from '@joh/protocol';
import type { Desktop } from '../desktop/desktop.ts';
import type { Ide } from '../workbench/feature.ts';

export const updateCommands = { check: 'joh.update.check', open: 'joh.update.open' } as const;
/** False: only when the user asks. */
export const updateSetting = 'joh.update.automaticCheck';

/** The agent asks the network less often than it is asked. */
const lookEveryMs = 3_600_000;

export function followUpdates(ide: Ide, desktop: Pick<Desktop, 'call' | 'page'>): void {
  const { vscode, clock, report } = ide;
  const { commands, window, workspace } = vscode;
  const draw = createStatus(ide);
  const look = async (isAsked: boolean) => {
    const state = await desktop.call('update', { isAsked });
    draw(state);
    return state;
  };
  const lookQuietly = async () => {
    if (workspace.getConfiguration().get(updateSetting) !== false) await look(false);
  };
  const check = async () => {
    const title = 'Asking for a newer version';
    const progress = { location: vscode.ProgressLocation.Window, title };
    const state = await window.withProgress(progress, () => look(true));
    if (state.version !== null) return open();
    await window.showInformationMessage(noUpdate(state));
  };
  const open = async () => {
    let state = await look(false);
    if (state.state === 'available' && (await install(ide, desktop, state)))
      state = await look(false);
    if (state.state === 'installed') await restart(ide, desktop, state);
  };
  commands.registerCommand(updateCommands.check, () => check().catch(report));
  commands.registerCommand(updateCommands.open, () => open().catch(report));
  // What the network does is no reason to disturb anybody who did not ask.
  const quietly = () => lookQuietly().catch(() => undefined);
  void quietly();
  const leaving = new AbortController();
  addEventListener('pagehide', () => leaving.abort(), { once: true });
  clock.every(lookEveryMs, quietly, leaving.signal, () => undefined);
}

/** What is told to who asked, when there is nothing newer. */
export function noUpdate({ state, current }: UpdateState): string {
  return state === 'off'
    ? `Version ${current}. Newer ones come from where you got it: this installation has no address to ask.`
    : `Version ${current} is the newest.`;
}

function createStatus({ vscode }: Ide): (state: UpdateState) => void {
  const item = vscode.window.createStatusBarItem('update', vscode.StatusBarAlignment.Right, 900);
  item.name = 'Update';
  item.command = updateCommands.open;
  return ({ state, version }) => {
    if (version === null) return item.hide();
    const isInstalled = state === 'installed';
    item.text = isInstalled ? '$(debug-restart) Restart to update' : `$(cloud-download) ${version}`;
    item.tooltip = isInstalled
      ? `Version ${version} is installed, and runs after a restart`
      : `Version ${version} of Joy of Hardware is there`;
    item.accessibilityInformation = { label: item.tooltip, role: 'button' };
    item.show();
  };
}

/** True when it is installed. */
async function install(
  ide: Ide,
  desktop: Pick<Desktop, 'call' | 'page'>,
  { current, version }: UpdateState,
): Promise<boolean> {
  const { window, ProgressLocation, env } = ide.vscode;
  const go = 'Install';
  const answer = await window.showInformationMessage(
    `Install version ${version}?`,
    {
      modal: true,
      detail: `Version ${current} runs now. The package is fetched and its signature checked; then the system asks for a password. You can work on meanwhile.`,
    },
    go,
  );
  if (answer !== go) return false;
  const title = `Installing version ${version}`;
  const progress = { location: ProgressLocation.Notification, title };
  const { command } = await window.withProgress(progress, () => desktop.call('installUpdate', {}));
  if (command === null) return true;
  const copy = 'Copy the Command';
  const chosen = await window.showInformationMessage(
    `Version ${version} is fetched and checked. To install it, type this in a terminal, then restart: ${command}`,
    copy,
  );
  if (chosen === copy) await env.clipboard.writeText(command);
  return false;
}

async function restart(
  { vscode }: Ide,
  { call, page }: Pick<Desktop, 'call' | 'page'>,
  { version }: Pick<UpdateState, 'version'>,
): Promise<void> {
  const now = 'Restart Now';
  const answer = await vscode.window.showInformationMessage(
    `Version ${version} is installed. A restart opens the same windows, with text that is not saved; programs in terminals end.`,
    now,
    'Later',
  );
  if (answer === now) await call('restart', { page });
}
