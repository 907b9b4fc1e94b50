/** What the page shows until the workbench is there: progress, or why it cannot come. */
import type { FaultBody, Session } from '@joh/protocol';

export interface BootScreen {
  /** The newest stage in words. */
  say(text: string): void;
  progress(session: Session): void;
  /** For good, with a way on. */
  fail(body: FaultBody): void;
  /** Where the way on leads; default: the projects. */
  leadTo(path: string, words: string): void;
  remove(): void;
}

/** Over the static markup of index.html, which is there before any script. */
export function createBootScreen(root: HTMLElement): BootScreen {
  const text = root.querySelector<HTMLElement>('[data-boot-text]') ?? root;
  const detail = root.querySelector<HTMLElement>('[data-boot-detail]') ?? root;
  return {
    say(words) {
      text.textContent = words;
    },
    progress({ state, position, progress }) {
      // A queue may be long: there is a way out of it.
      root.classList.toggle('queued', state === 'queued');
      text.textContent = progressText(state, position);
      detail.textContent = progress?.message ?? '';
    },
    fail({ message, kept, todo }) {
      root.classList.add('failed');
      root.setAttribute('role', 'alert');
      text.textContent = message;
      detail.textContent = `${kept} ${todo}`;
    },
    leadTo(path, words) {
      const link = root.querySelector('a');
      link?.setAttribute('href', path);
      link?.replaceChildren(words);
    },
    remove: () => root.remove(),
  };
}

export function progressText(state: Session['state'], position: number | null): string {
  if (state === 'queued' && position !== null)
    return position === 1 ? 'You are next in the queue' : `Place ${position} in the queue`;
  if (state === 'queued') return 'Waiting for a container';
  if (state === 'preparing') return 'Preparing your project';
  return 'Opening your project';
}
