/** The page between a click on a project and its IDE: what is being done, and for how long. */
import { callApi, type ShownFault, showFault } from './fault.ts';

interface OpeningSession {
  id: string;
  state: string;
  url: string;
  position: number | null;
  progress: { stage: string; message: string; fraction: number | null } | null;
  failure: ShownFault | null;
}

const ended: ShownFault = {
  message: 'This session has ended.',
  kept: 'What was pushed is in the project.',
  todo: 'Open the project again.',
  code: 'E_SESSION_ENDED',
};

/** Starts opening when this is the page for it. */
export function enhanceOpening(): void {
  const element = document.querySelector<HTMLElement>('[data-open]');
  if (!element) return;
  if (matchMedia('(max-width: 700px)').matches) location.replace('/phone');
  else void open(element, element.dataset.open ?? '');
}

async function open(element: HTMLElement, project: string): Promise<void> {
  const fail = (fault: ShownFault) => {
    element.dataset.state = 'failed';
    const alert = element.querySelector<HTMLElement>('[role=alert]');
    if (alert) showFault(alert, fault);
  };
  const answer = await callApi<OpeningSession>('POST', '/api/sessions', { project });
  if ('fault' in answer) return fail(answer.fault);
  const show = createStages(element);
  /** Reports whether there is more to wait for. */
  const take = (session: OpeningSession): boolean => {
    if (session.failure) fail(session.failure);
    else if (session.state === 'closed' || session.state === 'closing') fail(ended);
    // From here on the IDE shows what is being prepared, and loads its code meanwhile: measured in
    // turn, text after 1.31 s instead of 1.40 s with a warm cache, and no gain with an empty one.
    else if (session.state !== 'queued') location.replace(session.url);
    else {
      show(session);
      return true;
    }
    return false;
  };
  if (!take(answer.value)) return;
  // The browser connects again by itself when the site restarts.
  const events = new EventSource(`/api/sessions/${answer.value.id}/events`);
  events.addEventListener('session', (event) => {
    if (!take(JSON.parse((event as MessageEvent<string>).data))) events.close();
  });
}

/** Adds a line for each stage as it begins; the last one is what is being done now. */
function createStages(element: HTMLElement): (session: OpeningSession) => void {
  const list = element.querySelector('ol');
  let current = '';
  return ({ position, progress, state }) => {
    const stage = position === null ? (progress?.stage ?? state) : 'queue';
    const text =
      position === null
        ? (progress?.message ?? 'Preparing your session')
        : `${progress?.message ?? 'Waiting for a free container.'} You are number ${position} in the queue.`;
    let line = list?.lastElementChild;
    if (stage !== current || !line) {
      line = document.createElement('li');
      list?.append(line);
      current = stage;
    }
    line.textContent = text;
  };
}
