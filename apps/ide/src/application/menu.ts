/** The entries of the workbench's menu that are about windows of a desktop. */
import {
  MenuId,
  MenuRegistry,
} from '@codingame/monaco-vscode-api/vscode/vs/platform/actions/common/actions';
import { CommandsRegistry } from '@codingame/monaco-vscode-api/vscode/vs/platform/commands/common/commands';
import type { Desktop } from '../desktop/desktop.ts';
import { whereIn } from '../desktop/recent.ts';
import type { Ide } from '../workbench/feature.ts';
import { updateCommands } from './updates.ts';
import { zoomCommands } from './zoom.ts';

const closeWindow = 'workbench.action.closeWindow';

/** Folders in the menu; all are a step further. */
const recentMax = 10;
const group = '2_folders';

/** VS Code's own entries, which ask a browser, and who does it here. */
const replaced = {
  'workbench.action.files.openFolder': 'joh.folder.open',
  'workbench.action.files.openFolderViaWorkspace': 'joh.folder.open',
  'workbench.action.files.openFileFolder': 'joh.folder.open',
  'workbench.action.openRecent': 'joh.folder.recent',
  'workbench.action.newWindow': 'joh.folder.window',
  'workbench.action.closeFolder': 'joh.folder.start',
  'workbench.action.quit': 'joh.folder.quit',
} as const;

const added = [
  {
    menu: MenuId.MenubarFileMenu,
    group: '2_open',
    order: 2,
    id: 'joh.folder.open',
    title: 'Open Folder…',
  },
  {
    menu: MenuId.MenubarFileMenu,
    group: '6_close',
    order: 4,
    id: closeWindow,
    title: 'Close Window',
  },
  { menu: MenuId.MenubarFileMenu, group: 'z_Exit', order: 1, id: 'joh.folder.quit', title: 'Quit' },
  {
    menu: MenuId.MenubarAppearanceMenu,
    group: '5_zoom',
    order: 1,
    id: zoomCommands.in,
    title: 'Zoom In',
  },
  {
    menu: MenuId.MenubarAppearanceMenu,
    group: '5_zoom',
    order: 2,
    id: zoomCommands.out,
    title: 'Zoom Out',
  },
  {
    menu: MenuId.MenubarAppearanceMenu,
    group: '5_zoom',
    order: 3,
    id: zoomCommands.reset,
    title: 'Reset Zoom',
  },
  {
    menu: MenuId.MenubarHelpMenu,
    group: 'z_about',
    order: 0,
    id: updateCommands.check,
    title: 'Check for Updates…',
  },
];

export function registerMenu(ide: Ide, desktop: Desktop): void {
  const { vscode, report } = ide;
  const { call, page } = desktop;
  for (const [id, command] of Object.entries(replaced))
    CommandsRegistry.registerCommand(id, () => vscode.commands.executeCommand(command));
  CommandsRegistry.registerCommand(closeWindow, () => call('closeWindow', { page }).catch(report));
  for (const { menu, group, order, id, title } of added)
    MenuRegistry.appendMenuItem(menu, { group, order, command: { id, title } });
  // Not awaited: nobody opens the menu first of all.
  listRecent(ide, desktop).catch(report);
}

/** VS Code's own list leaves out the folders of this computer, as a page has none. */
async function listRecent({ leave, report }: Ide, { call, page, folder, home }: Desktop) {
  const { recents } = await call('describe', { page });
  const others = recents.filter(({ id, isThere }) => isThere && id !== folder?.id);
  const items = others.slice(0, recentMax).map(({ id, path, name }, order) => {
    const title = `${whereIn(path, home).replace(/\/$/, '')}/${name}`;
    const command = { id: `joh.folder.recent.${id}`, title };
    CommandsRegistry.registerCommand(command.id, () =>
      call('open', { folder: path }).then((opened) => leave(opened.page), report),
    );
    return MenuRegistry.appendMenuItem(MenuId.MenubarRecentMenu, { group, order, command });
  });
  CommandsRegistry.registerCommand('workbench.action.clearRecentFiles', async () => {
    for (const item of items) item.dispose();
    await Promise.all(recents.map(({ id }) => call('forget', { folder: id }))).catch(report);
  });
}
