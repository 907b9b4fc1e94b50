/** Parts of the shown workbench that did not arrive: the browser asks for none of them a second time. */
import { fault } from '@joh/protocol';
import { partMissing } from '../boot/part-missing.ts';
import type { Ide } from './feature.ts';
import { loadAgain } from './keep.ts';
import { errorText } from './report.ts';

const way = 'Load Again';

/** Says it, once at a time, with the way to get them. */
export function watchParts({ vscode, clock }: Pick<Ide, 'vscode' | 'clock'>): void {
  let isSaid = false;
  const say = async () => {
    if (isSaid) return;
    isSaid = true;
    const text = errorText(fault('E_PAGE_INCOMPLETE'));
    const choice = await vscode.window.showErrorMessage(text, way);
    isSaid = false;
    if (choice === way) await loadAgain(clock);
  };
  for (const name of partMissing) {
    window.addEventListener(name, () => void say().catch(() => undefined));
  }
}
