/** What every window of the desktop offers, whatever it shows. */
import type { IExtensionContributions } from '@codingame/monaco-vscode-api/extensions';
import type { RecentFolder } from '@joh/protocol';
import type { Ide } from '../workbench/feature.ts';
import type { Desktop } from './desktop.ts';
import { pickCloudProject } from './pick-cloud-project.ts';
import { whereIn } from './recent.ts';
import { showUdevRules } from './udev.ts';

const category = 'Folder';
export const contributes: IExtensionContributions = {
  commands: [
    { command: 'joh.folder.open', title: 'Open Another…', category },
    { command: 'joh.folder.recent', title: 'Open Recent…', category },
    { command: 'joh.folder.start', title: 'Show the Start Page', category },
    { command: 'joh.folder.window', title: 'New Window', category },
    { command: 'joh.folder.udev', title: 'Rules for USB Boards', category: 'FPGA' },
    { command: 'joh.folder.quit', title: 'Quit', category: 'Joy of Hardware' },
    { command: 'joh.cloud.open', title: 'Open a Project in the Cloud…', category: 'Session' },
  ],
  keybindings: [
    { command: 'joh.folder.open', key: 'ctrl+k ctrl+o', mac: 'cmd+k cmd+o' },
    { command: 'joh.folder.window', key: 'ctrl+shift+n', mac: 'cmd+shift+n' },
  ],
};

export function registerWindowCommands(ide: Ide, desktop: Desktop): void {
  const { commands, window } = ide.vscode;
  const { call, page, home, folder } = desktop;
  const open = async (path: string) => ide.leave((await call('open', { folder: path })).page);
  const verbs: Record<string, () => Promise<unknown>> = {
    'folder.open': async () => {
      const chosen = await call('chooseFolder', { page, startIn: home });
      if (chosen.folder !== null) await open(chosen.folder);
    },
    'folder.recent': async () => {
      const { recents } = await call('describe', { page });
      const others = recents.filter(isOther(folder?.id ?? null));
      const picked = await window.showQuickPick(others.map(row(home)), {
        title: 'Open a recent folder',
        matchOnDescription: true,
      });
      if (picked) await open(picked.path);
    },
    'folder.start': async () => ide.leave('/start'),
    'folder.window': () => call('newWindow', { page, path: '/start' }),
    'folder.udev': () => showUdevRules(ide, desktop),
    'folder.quit': () => call('quit', { page }),
    'cloud.open': () => pickCloudProject(ide, desktop),
  };
  for (const [name, run] of Object.entries(verbs))
    commands.registerCommand(`joh.${name}`, () => run().catch(ide.report));
}

const isOther =
  (id: string | null) =>
  ({ id: other, isThere }: RecentFolder) =>
    other !== id && isThere;

const row =
  (home: string) =>
  ({ name, path }: RecentFolder) => ({ label: name, description: whereIn(path, home), path });
