/** Whether what the folder says may run: the user is asked once, the agent decides. */
import { getService } from '@codingame/monaco-vscode-api';
import { IWorkspaceTrustManagementService } from '@codingame/monaco-vscode-api/vscode/vs/platform/workspace/common/workspaceTrust.service';
import type { Ide } from '../workbench/feature.ts';
import { keepWindow } from '../workbench/keep.ts';
import type { FolderDesktop } from './desktop.ts';

const askedKey = 'joh.trust.asked';
/** The layout of before has no terminal, which a trusted folder begins with. */
const terminalKey = 'joh.trust.terminal';

/** VS Code's own ways to trust a folder lead to the agent too. */
export async function followTrust(ide: Ide, desktop: FolderDesktop): Promise<void> {
  const trust = await getService(IWorkspaceTrustManagementService);
  trust.onDidChangeTrust((isTrusted) => {
    if (isTrusted === desktop.folder.isTrusted) return;
    setTrust(ide, desktop, isTrusted).catch(ide.report);
  });
  // Another window has answered: this one is of the folder as it was before.
  ide.connection.watch((connection) => {
    if (connection.state !== 'ended' || connection.fault.code !== 'E_SESSION_EPOCH_OLD') return;
    location.reload();
  });
  if (desktop.folder.isTrusted && ide.storage.getItem(terminalKey) === 'wanted') {
    ide.storage.setItem(terminalKey, 'shown');
    await ide.vscode.commands.executeCommand('workbench.action.terminal.toggleTerminal');
  }
  if (desktop.folder.isTrusted || ide.storage.getItem(askedKey)) return;
  // Not awaited: the window is of use while the question stands.
  ask(ide, desktop).catch(ide.report);
}

async function ask(ide: Ide, desktop: FolderDesktop): Promise<void> {
  const { vscode, storage } = ide;
  const yes = 'Trust this folder';
  const no = 'Keep it restricted';
  const answer = await vscode.window.showInformationMessage(
    `Do you know where ${desktop.folder.name} comes from?`,
    {
      modal: true,
      detail: `Building, terminals, source control and shell.nix run what this folder says, with all that you may do on this computer. Until you trust it, its files can only be read, searched and edited.\n\n${desktop.folder.path}`,
    },
    { title: yes },
    { title: no, isCloseAffordance: true },
  );
  storage.setItem(askedKey, 'yes');
  if (answer?.title === yes) await setTrust(ide, desktop, true);
}

/** What the window holds first: it is loaded again, with what may run now. */
export async function setTrust(
  { storage }: Pick<Ide, 'storage'>,
  { call, folder: { id } }: FolderDesktop,
  isTrusted: boolean,
): Promise<void> {
  if (isTrusted && storage.getItem(terminalKey) === null) storage.setItem(terminalKey, 'wanted');
  await keepWindow();
  await call('trust', { folder: id, isTrusted });
  location.reload();
}
