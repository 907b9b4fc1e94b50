/** What the buttons of the operator's page do. */
import type { Node, Rack } from '@joh/protocol';
import { count, titleOf } from '../src/website/rack-words.ts';
import { callApi, showFault } from './fault.ts';

export interface Actions {
  rack(): Rack | null;
  /** Looks at the rack now. */
  look(): Promise<void>;
  toggle(node: string): void;
  showEvents(node: string): void;
  join(): void;
}

/** Listens for every button with `data-act`; those that come later too. */
export function enhanceActions(actions: Actions): void {
  document.addEventListener('click', (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>('[data-act]');
    if (!button) return;
    const { act, node: id = '' } = button.dataset;
    if (act === 'join') actions.join();
    else if (act === 'close') button.closest('dialog')?.close();
    else if (act === 'open') actions.toggle(id);
    else if (act === 'events') actions.showEvents(id);
    else if (act === 'drain' || act === 'return' || act === 'remove') {
      const node = actions.rack()?.nodes.find((one) => one.id === id);
      if (node) void perform(questions[act](node), actions);
    }
  });
}

interface Deed {
  title: string;
  /** Null: it hurts nobody, so nobody is asked. */
  question: string | null;
  verb: string;
  isLoud: boolean;
  method: string;
  path: string;
}

const held = ({ containers }: Node, ...states: string[]) =>
  containers.filter(({ state }) => states.includes(state)).length;

const questions = {
  drain: (node: Node): Deed => ({
    title: `Drain ${titleOf(node)}?`,
    question: `${held(node, 'warm', 'starting')} of its containers that nobody uses are destroyed and no more are made. ${
      held(node, 'claimed') === 0
        ? 'No session is on it.'
        : `${count(held(node, 'claimed'), 'session')} on it ${held(node, 'claimed') === 1 ? 'goes on until it ends' : 'go on until they end'}.`
    } Return puts it back into service.`,
    verb: 'Drain',
    isLoud: false,
    method: 'POST',
    path: `/api/nodes/${node.id}/drain`,
  }),
  return: (node: Node): Deed => ({
    title: `Return ${titleOf(node)}`,
    question: null,
    verb: 'Return',
    isLoud: false,
    method: 'POST',
    path: `/api/nodes/${node.id}/return`,
  }),
  remove: (node: Node): Deed => ({
    title: `Remove ${titleOf(node)}?`,
    question: `FrontendMaster forgets it; to have it back it must join again. ${
      held(node, 'claimed') === 0
        ? 'No session is on it.'
        : `${count(held(node, 'claimed'), 'session')} on it would lose what was not pushed: drain it first and wait.`
    }`,
    verb: 'Remove',
    isLoud: true,
    method: 'DELETE',
    path: `/api/nodes/${node.id}`,
  }),
};

async function perform(deed: Deed, { look }: Actions): Promise<void> {
  const dialog = document.getElementById('ask') as HTMLDialogElement | null;
  const alert = dialog?.querySelector<HTMLElement>('[role=alert]');
  const yes = document.getElementById('ask-yes') as HTMLButtonElement | null;
  const set = (id: string, text: string) => {
    const place = document.getElementById(id);
    if (place) place.textContent = text;
  };
  if (!dialog || !alert || !yes) return;
  const run = async () => {
    yes.disabled = true;
    const answer = await callApi(deed.method, deed.path);
    yes.disabled = false;
    if ('fault' in answer) {
      showFault(alert, answer.fault);
      if (!dialog.open) dialog.showModal();
    } else dialog.close();
    await look();
  };
  set('ask-title', deed.title);
  set('ask-text', deed.question ?? '');
  yes.textContent = deed.verb;
  yes.className = deed.isLoud ? 'danger loud' : '';
  yes.onclick = () => void run();
  alert.hidden = true;
  if (deed.question === null) await run();
  else dialog.showModal();
}
