/** Whether what the folder says may run: VS Code asks, the agent decides. */
import { getService } from '@codingame/monaco-vscode-api';
import { IWorkspaceTrustManagementService } from '@codingame/monaco-vscode-api/vscode/vs/platform/workspace/common/workspaceTrust.service';
import type { Ide } from '../workbench/feature.ts';
import type { Desktop } from './desktop.ts';
import { keepUnsaved } from './unsaved.ts';

/** The user's answer goes to the agent, which decides; the window then starts anew with what may run now. */
export async function followTrust(ide: Ide, desktop: Desktop): Promise<void> {
  const trust = await getService(IWorkspaceTrustManagementService);
  trust.onDidChangeTrust((isTrusted) => {
    if (isTrusted === desktop.folder.isTrusted) return;
    setTrust(desktop, isTrusted).catch(ide.report);
  });
}

/** Unsaved text first: the window is loaded again. */
export async function setTrust({ call, folder: { id } }: Desktop, isTrusted: boolean) {
  await keepUnsaved();
  await call('trust', { folder: id, isTrusted });
  location.reload();
}
