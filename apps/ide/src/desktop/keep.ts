/** Unsaved text and the layout, kept now instead of some seconds after the last key. */
import { getService, IStorageService } from '@codingame/monaco-vscode-api';
import { CancellationToken } from '@codingame/monaco-vscode-api/vscode/vs/base/common/cancellation';
import { IWorkingCopyBackupService } from '@codingame/monaco-vscode-api/vscode/vs/workbench/services/workingCopy/common/workingCopyBackup.service';
import { IWorkingCopyService } from '@codingame/monaco-vscode-api/vscode/vs/workbench/services/workingCopy/common/workingCopyService.service';

/** Resolves when both are in files that the next window reads. */
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
