/** What a user can do with the window's folder as a whole. */
import type { IExtensionContributions } from '@codingame/monaco-vscode-api/extensions';
import type { Ide } from '../workbench/feature.ts';
import type { FolderDesktop } from './desktop.ts';
import { setTrust } from './trust.ts';

const category = 'Folder';
export const contributes: IExtensionContributions = {
  commands: [
    { command: 'joh.folder.menu', title: 'Folder Menu', category },
    { command: 'joh.folder.reveal', title: 'Reveal in the File Manager', category },
    { command: 'joh.folder.restrict', title: 'Do Not Trust This Folder', category },
  ],
};

export function registerFolderCommands(ide: Ide, desktop: FolderDesktop): void {
  const { commands, window } = ide.vscode;
  const { call, page, folder } = desktop;
  const verbs: Record<string, () => Promise<unknown>> = {
    reveal: () => call('reveal', { page, path: folder.path }),
    restrict: () => setTrust(ide, desktop, false),
  };
  for (const [name, run] of Object.entries(verbs))
    commands.registerCommand(`joh.folder.${name}`, () => run().catch(ide.report));
  commands.registerCommand('joh.folder.menu', async () => {
    const trust = folder.isTrusted
      ? { label: '$(shield) Do not trust this folder', command: 'joh.folder.restrict' }
      : { label: '$(shield) Trust this folder…', command: 'workbench.trust.manage' };
    const picked = await window.showQuickPick(
      [
        { label: '$(folder-opened) Open another folder…', command: 'joh.folder.open' },
        { label: '$(history) Open a recent folder…', command: 'joh.folder.recent' },
        { label: '$(cloud) Open a project in the cloud…', command: 'joh.cloud.open' },
        { label: '$(home) Start page', command: 'joh.folder.start' },
        { label: '$(empty-window) New window', command: 'joh.folder.window' },
        trust,
        { label: '$(plug) Rules for USB boards', command: 'joh.folder.udev' },
      ],
      { title: folder.path },
    );
    if (picked) await commands.executeCommand(picked.command);
  });
}
