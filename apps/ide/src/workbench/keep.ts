/** Unsaved text and the layout, kept now instead of some seconds after the last key. */
import { getService, IStorageService } from '@codingame/monaco-vscode-api';
import { CancellationToken } from '@codingame/monaco-vscode-api/vscode/vs/base/common/cancellation';
import { IWorkingCopyBackupService } from '@codingame/monaco-vscode-api/vscode/vs/workbench/services/workingCopy/common/workingCopyBackup.service';
import { IWorkingCopyService } from '@codingame/monaco-vscode-api/vscode/vs/workbench/services/workingCopy/common/workingCopyService.service';
import { type Clock, withDeadline } from '@joh/clock';

/** A link that is gone keeps nothing, and the user has asked for a page. */
const keepMs = 3_000;

/** Resolves when both are where the next window reads them. */
export async function keepWindow(): Promise<void> {
  const [copies, backups, storage] = await Promise.all([
    getService(IWorkingCopyService),
    getService(IWorkingCopyBackupService),
    getService(IStorageService),
  ]);
  const none = CancellationToken.None;
  await Promise.all(
    copies.dirtyWorkingCopies.map(async (copy) => {
      const { content, meta } = await copy.backup(none);
      await backups.backup(copy, content, undefined, meta, none);
    }),
  );
  await storage.flush();
}

/** Loads the page again, with what it holds; never rejects. */
export async function loadAgain(clock: Clock): Promise<void> {
  await withDeadline(clock, keepMs, undefined, keepWindow).catch(() => undefined);
  location.reload();
}
