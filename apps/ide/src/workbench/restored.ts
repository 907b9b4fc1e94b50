/** What the user came for comes first: the text of the file that was open. */
import { getService, ILifecycleService } from '@codingame/monaco-vscode-api';
import { LifecyclePhase } from '@codingame/monaco-vscode-api/vscode/vs/workbench/services/lifecycle/common/lifecycle';
import { type Clock, withDeadline } from '@joh/clock';

/** A file that does not come, because the network is slow, keeps nothing else back for longer. */
const patienceMs = 1_000;

/** Resolves once the editors of the last time show their text. */
export async function whenRestored(clock: Clock): Promise<void> {
  const lifecycle = await getService(ILifecycleService);
  const restored = () => lifecycle.when(LifecyclePhase.Restored);
  await withDeadline(clock, patienceMs, undefined, restored).catch(() => undefined);
}
