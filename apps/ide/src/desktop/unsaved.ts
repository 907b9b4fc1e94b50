/** Unsaved text, kept now instead of a second after the last key. */
import { getService } from '@codingame/monaco-vscode-api';
import { CancellationToken } from '@codingame/monaco-vscode-api/vscode/vs/base/common/cancellation';
import { IWorkingCopyBackupService } from '@codingame/monaco-vscode-api/vscode/vs/workbench/services/workingCopy/common/workingCopyBackup.service';
import { IWorkingCopyService } from '@codingame/monaco-vscode-api/vscode/vs/workbench/services/workingCopy/common/workingCopyService.service';

/** Resolves when everything that is not saved is in files that the next window reads. */
export async function keepUnsaved(): Promise<void> {
  const [copies, backups] = await Promise.all([
    getService(IWorkingCopyService),
    getService(IWorkingCopyBackupService),
  ]);
  const none = CancellationToken.None;
  await Promise.all(
    copies.dirtyWorkingCopies.map(async (copy) => {
      const { content, meta } = await copy.backup(none);
      await backups.backup(copy, content, undefined, meta, none);
    }),
  );
}
