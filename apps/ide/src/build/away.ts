/** Tells who is in another window or tab that a long build is over. */
import type { Ide } from '../workbench/feature.ts';
import { buildLabel } from './model.ts';
import type { BuildRunner } from './runner.ts';

/** A build that is shorter is waited for. */
const longMs = 10_000;

/** `none`, a notification of the system, or the question whether the next one may come. */
export type AwayNotice = 'none' | 'notify' | 'ask';

/** `answer` is what the user said when asked; `permission` null where there are no notifications. */
export function awayNotice(at: {
  tookMs: number;
  isAway: boolean;
  permission: NotificationPermission | null;
  answer: 'yes' | 'no' | null;
}): AwayNotice {
  if (!at.isAway || at.tookMs < longMs) return 'none';
  if (at.permission === null || at.permission === 'denied' || at.answer === 'no') return 'none';
  return at.permission === 'granted' && at.answer === 'yes' ? 'notify' : 'ask';
}

const answerKey = 'joh.build.notify';

export function watchAway(ide: Ide, runner: BuildRunner): void {
  const { storage, clock, vscode, project, report } = ide;
  let isRunning = false;
  runner.watch((progress) => {
    const wasRunning = isRunning;
    isRunning = progress?.state === 'running';
    if (!progress || isRunning || !wasRunning || progress.state === 'cancelled') return;
    const answer = storage.getItem(answerKey);
    const notice = awayNotice({
      tookMs: clock.monotonic() - progress.startedMs,
      isAway: document.hidden || !document.hasFocus(),
      permission: 'Notification' in window ? Notification.permission : null,
      answer: answer === 'yes' || answer === 'no' ? answer : null,
    });
    if (notice === 'ask') ask(vscode, storage).catch(report);
    if (notice !== 'notify') return;
    const shown = new Notification(buildLabel(progress, 0).text, {
      body: project.title,
      tag: `joh-build-${project.id}`,
    });
    shown.addEventListener('click', () => {
      window.focus();
      shown.close();
    });
  });
}

/** Only a click may ask the browser. */
async function ask(vscode: Ide['vscode'], storage: Ide['storage']): Promise<void> {
  const [yes, no] = ['Notify Me', 'Never'] as const;
  const choice = await vscode.window.showInformationMessage(
    'The build ended while you were elsewhere. Shall the system tell you the next time?',
    yes,
    no,
  );
  if (choice === no) storage.setItem(answerKey, 'no');
  if (choice !== yes) return;
  const permission = await Notification.requestPermission();
  storage.setItem(answerKey, permission === 'granted' ? 'yes' : 'no');
}
