/** The session's shell in words; pure. */
import type { ShellState } from '@joh/protocol';

export interface ShellLabel {
  icon: string;
  text: string;
  tooltip: string;
  isWarning: boolean;
}

/** For the status bar; null: there is nothing to say. */
export function shellLabel(state: ShellState): ShellLabel | null {
  const { phase, activity, changed, reason, problem } = state;
  const file = fileName(state);
  const calm = (icon: string, text: string, tooltip: string) => ({
    ...{ icon, text, tooltip, isWarning: false },
  });
  if (phase === 'evaluating' || phase === 'fetching') {
    const until = state.shell ? 'the shell from before' : 'the login shell';
    const text = sentence(activity ?? `evaluating ${file}`);
    return calm('sync~spin', text, `Until it is there, new terminals get ${until}.`);
  }
  if (changed.length > 0)
    return calm(
      'refresh',
      `${file} changed`,
      `Changed: ${listOf(changed)}. Reload the shell to use it.`,
    );
  if (phase === 'failed') {
    const why = problem ? `${placeOf(state)}${problem.message}` : '';
    const tooltip = [why, reason].filter(Boolean).join('\n\n');
    return { icon: 'error', text: `${file} failed`, tooltip, isWarning: true };
  }
  if (phase === 'unavailable')
    return calm('terminal', 'Login shell', `${file} is not used. ${reason ?? ''}`);
  if (phase === 'none') return null;
  return calm('package', file, `New terminals start in the shell of ${file}${originWords(state)}.`);
}

function originWords({ origin, tookMs }: ShellState): string {
  const took = tookMs === null ? '' : ` in ${seconds(tookMs)}`;
  if (origin === 'evaluation') return `, evaluated${took}`;
  if (origin === 'frontend') return `, taken from another container of yours${took}`;
  return origin === 'container' ? `, known from before${took}` : '';
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function fileName({ description }: ShellState): string {
  return description?.split('/').at(-1) ?? 'shell.nix';
}

/** `shell.nix:4:11: `, or nothing. */
function placeOf({ problem }: ShellState): string {
  if (!problem?.path || problem.line === null) return '';
  const column = problem.column === null ? '' : `:${problem.column}`;
  return `${problem.path.split('/').at(-1)}:${problem.line}${column}: `;
}

/** `a, b and 3 more`. */
export function listOf(paths: readonly string[]): string {
  if (paths.length <= 3) return paths.join(', ');
  return `${paths.slice(0, 2).join(', ')} and ${paths.length - 2} more`;
}

export interface ShellNotice {
  kind: 'failed' | 'changed' | 'ready';
  text: string;
}

/** What a person is told when one state follows another; null: the status bar says enough. */
export function noticeOf(before: ShellState | null, now: ShellState): ShellNotice | null {
  if (now.phase === 'failed' && now.problem && before?.phase !== 'failed') {
    const message = now.problem.message.replace(/[\s.]*$/, '.');
    return { kind: 'failed', text: `${placeOf(now)}${message} ${now.reason ?? ''}`.trim() };
  }
  const wasBusy = before?.phase === 'evaluating' || before?.phase === 'fetching';
  const isOther = before !== null && now.shell !== null && now.shell !== before.shell;
  if (now.phase === 'ready' && (wasBusy || isOther) && openedOther(before, now)) {
    const text = `The shell of ${fileName(now)} is ready. Terminals that are open keep the one that they started in.`;
    return { kind: 'ready', text };
  }
  const isBusy = now.phase === 'evaluating' || now.phase === 'fetching';
  const isNews = now.changed.length > 0 && (before?.changed.length ?? 0) === 0;
  if (!isNews || isBusy) return null;
  const what = now.phase === 'none' ? 'was added' : 'changed';
  return {
    kind: 'changed',
    text: `${listOf(now.changed)} ${what}. Reload the shell to use it in new terminals.`,
  };
}

/** Whether there can be terminals in another shell than that of `now`. */
function openedOther(before: ShellState | null, now: ShellState): boolean {
  return before !== null && before.shell !== now.shell;
}

/** A terminal's title once the project's shell is another than the one it was started in. */
export function terminalTitle(title: string, started: string | null, now: ShellState): string {
  if (now.shell === null || started === now.shell) return title;
  // A tab has room for a word.
  return started === null ? `${title} (login)` : `${title} (old)`;
}
