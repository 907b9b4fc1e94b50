/** A folder of this computer: opening others, trust, unsaved text when the window goes, links, USB rules. */
import { getService, IOpenerService } from '@codingame/monaco-vscode-api';
import type { Feature } from '../workbench/feature.ts';
import { contributes, registerCommands } from './commands.ts';
import type { Desktop } from './desktop.ts';
import { keepWindow } from './keep.ts';
import { followTrust } from './trust.ts';

export const folder: Feature = {
  contributes,
  async activate(ide) {
    const { desktop } = ide;
    if (!desktop) return;
    registerCommands(ide, desktop);
    ide.agent.onNotice('window.closing', () => {
      keepWindow()
        .then(() => desktop.call('kept', { page: desktop.page }))
        .catch(ide.report);
    });
    await Promise.all([followTrust(ide, desktop), openLinksOutside(desktop)]);
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
