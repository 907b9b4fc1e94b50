/** The session's state, its commands, and what the agent has to say. */
import type { Feature } from '../workbench/feature.ts';
import { loadAgain } from '../workbench/keep.ts';
import { mountBanner } from './banner.ts';
import { contributes, registerCommands } from './commands.ts';
import { showStatus } from './status.ts';

export const session: Feature = {
  activate(ide) {
    const { connection, clock, leave, cloud } = ide;
    const container = document.querySelector('.monaco-workbench') ?? document.body;
    mountBanner({
      container,
      connection,
      clock,
      onLeave: () => leave(cloud?.pages.projects ?? '/start'),
      onReload: () => void loadAgain(clock),
    });
    showStatus(ide);
    const { window } = ide.vscode;
    const show = {
      error: window.showErrorMessage,
      warning: window.showWarningMessage,
      information: window.showInformationMessage,
    };
    ide.agent.onNotice('message', ({ severity, text }) => {
      show[severity](text).then(undefined, ide.report);
    });
  },
};

/** What can be done with a session of FrontendMaster. */
export const sessionCommands: Feature = {
  contributes,
  activate: (ide) => {
    if (ide.cloud) registerCommands(ide, ide.cloud);
  },
};
