/** What a user can do with the window's folder as a whole. */
import type { IExtensionContributions } from '@codingame/monaco-vscode-api/extensions';
import type { RecentFolder } from '@joh/protocol';
import type { Ide } from '../workbench/feature.ts';
import type { Desktop } from './desktop.ts';
import { whereIn } from './recent.ts';
import { setTrust } from './trust.ts';
import { showUdevRules } from './udev.ts';

const category = 'Folder';
export const contributes: IExtensionContributions = {
  commands: [
    { command: 'joh.folder.menu', title: 'Folder Menu', category },
    { command: 'joh.folder.open', title: 'Open Another…', category },
    { command: 'joh.folder.recent', title: 'Open Recent…', category },
    { command: 'joh.folder.start', title: 'Show the Start Page', category },
    { command: 'joh.folder.window', title: 'New Window', category },
    { command: 'joh.folder.reveal', title: 'Reveal in the File Manager', category },
    { command: 'joh.folder.restrict', title: 'Do Not Trust This Folder', category },
    { command: 'joh.folder.udev', title: 'Rules for USB Boards', category: 'FPGA' },
    { command: 'joh.folder.quit', title: 'Quit', category: 'Joy of Hardware' },
  ],
  keybindings: [
    { command: 'joh.folder.open', key: 'ctrl+k ctrl+o', mac: 'cmd+k cmd+o' },
    { command: 'joh.folder.window', key: 'ctrl+shift+n', mac: 'cmd+shift+n' },
  ],
};

export function registerCommands(ide: Ide, desktop: Desktop): void {
  const { commands, window } = ide.vscode;
  const { call, page, home, folder } = desktop;
  const open = async (path: string) => ide.leave((await call('open', { folder: path })).page);
  const verbs: Record<string, () => Promise<unknown>> = {
    open: async () => {
      const chosen = await call('chooseFolder', { page, startIn: home });
      if (chosen.folder !== null) await open(chosen.folder);
    },
    recent: async () => {
      const { recents } = await call('describe', { page });
      const picked = await window.showQuickPick(recents.filter(isOther(folder.id)).map(row(home)), {
        title: 'Open a recent folder',
        matchOnDescription: true,
      });
      if (picked) await open(picked.path);
    },
    start: async () => ide.leave('/start'),
    window: () => call('newWindow', { page, path: '/start' }),
    reveal: () => call('reveal', { page, path: folder.path }),
    restrict: () => setTrust(ide, desktop, false),
    udev: () => showUdevRules(ide, desktop),
    quit: () => call('quit', { page }),
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

const isOther =
  (id: string) =>
  ({ id: other, isThere }: RecentFolder) =>
    other !== id && isThere;

const row =
  (home: string) =>
  ({ name, path }: RecentFolder) => ({ label: name, description: whereIn(path, home), path });
