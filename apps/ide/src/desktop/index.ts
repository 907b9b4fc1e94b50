/** A window of the desktop: what it opens, what it keeps when it goes, links; and the folder that it may show. */
import { getService, IOpenerService } from '@codingame/monaco-vscode-api';
import type { Feature } from '../workbench/feature.ts';
import { keepWindow } from '../workbench/keep.ts';
import type { Desktop } from './desktop.ts';
import { hasFolder } from './desktop.ts';
import { contributes as folderCommands, registerFolderCommands } from './folder-commands.ts';
import { followTrust } from './trust.ts';
import { registerWindowCommands, contributes as windowCommands } from './window-commands.ts';

export const desktopWindow: Feature = {
  contributes: windowCommands,
  async activate(ide) {
    const { desktop } = ide;
    if (!desktop) return;
    registerWindowCommands(ide, desktop);
    desktop.agent.onNotice('window.closing', () => {
      keepWindow()
        .then(() => desktop.call('kept', { page: desktop.page }))
        .catch(ide.report);
    });
    await openLinksOutside(desktop);
  },
};

export const folder: Feature = {
  contributes: folderCommands,
  async activate(ide) {
    const { desktop } = ide;
    if (!hasFolder(desktop)) return;
    registerFolderCommands(ide, desktop);
    await followTrust(ide, desktop);
  },
};

/** The application's window opens no others: links go to the system's browser. */
async function openLinksOutside({ call, page }: Desktop): Promise<void> {
  const opener = await getService(IOpenerService);
  opener.setDefaultExternalOpener({
    openExternal: async (url) => {
      await call('openExternal', { page, url });
      return true;
    },
  });
}
