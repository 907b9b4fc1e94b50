/** Opening a folder in this window or another, as VS Code's own commands ask for it. */
import type { URI } from '@codingame/monaco-vscode-api/vscode/vs/base/common/uri';
import type { Page } from '../workbench/feature.ts';
import type { Desktop } from './desktop.ts';

interface Wanted {
  folderUri?: URI;
}

/** VS Code's `IWorkspaceProvider.open`: true when it is, or will be, open. */
export function openFolder({ leave }: Pick<Page, 'leave'>, { call, page, folder }: Desktop) {
  return async (wanted: unknown, options?: { reuse?: boolean }): Promise<boolean> => {
    const { folderUri } = (wanted ?? {}) as Wanted;
    if (!folderUri) {
      leave('/start');
      return true;
    }
    // A path of the session's container is none of this computer.
    if (!folder) return false;
    const opened = await call('open', { folder: folderUri.path });
    if (options?.reuse) leave(opened.page);
    else await call('newWindow', { page, path: opened.page });
    return true;
  };
}
