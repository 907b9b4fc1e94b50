/** The rules that let this user open USB boards: read first, then written with one click. */
import type { Ide } from '../workbench/feature.ts';
import type { Desktop } from './desktop.ts';

/** A text to look at, which cannot be changed. */
const scheme = 'joh-rules';

export async function showUdevRules({ vscode }: Ide, { call }: Desktop): Promise<void> {
  const { window, workspace, Uri } = vscode;
  const rules = await call('udevRules', {});
  if (!rules.isNeeded) {
    await window.showInformationMessage('This system needs no rules for USB boards.');
    return;
  }
  const shown = workspace.registerTextDocumentContentProvider(scheme, {
    provideTextDocumentContent: () => `# ${rules.path}\n\n${rules.text}`,
  });
  const document = await workspace.openTextDocument(Uri.from({ scheme, path: rules.path }));
  await window.showTextDocument(document, { preview: true });
  shown.dispose();
  if (rules.state === 'installed') {
    await window.showInformationMessage(`The rules are in ${rules.path}.`);
    return;
  }
  const write = 'Write the rules';
  const detail =
    rules.state === 'other'
      ? `${rules.path} has another text now; it is replaced.`
      : 'Until then boards can be opened by root alone.';
  const answer = await window.showInformationMessage(
    `Let you open USB boards? ${detail} The system asks for a password.`,
    write,
  );
  if (answer !== write) return;
  await call('installUdevRules', {});
  await window.showInformationMessage('Written. Unplug the board and plug it in again.');
}
