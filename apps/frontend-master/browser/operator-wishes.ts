/** The forms that change what is wanted of the pool. `PUT /api/pool` takes it whole. */
import type { ClassWishes, PoolWish, Rack } from '@joh/protocol';
import { classes } from '../src/website/rack-words.ts';
import { announce } from './announcement.ts';
import { callApi, type ShownFault, showFault } from './fault.ts';

const halfGiven: ShownFault = {
  message: 'Of a class, give both numbers, or neither.',
  kept: 'Nothing was changed.',
  todo: 'Fill in how many are kept warm, and how many there are at most.',
  code: 'half-given',
};

/** Makes the pool's form and those of single nodes work, also when they come later. */
export function enhanceWishes({
  rack,
  look,
}: {
  rack(): Rack | null;
  look(): Promise<void>;
}): void {
  const formOf = (event: Event) =>
    (event.target as Element).closest<HTMLFormElement>('form[data-wish]');
  document.addEventListener('input', (event) => {
    const form = formOf(event);
    if (!form) return;
    form.dataset.edited = '';
    form.classList.remove('saved');
  });
  document.addEventListener('reset', (event) => {
    const form = formOf(event);
    if (!form) return;
    delete form.dataset.edited;
    showIn(form, null);
  });
  document.addEventListener('submit', (event) => {
    const form = formOf(event);
    const wish = rack()?.pool.wish;
    if (!form) return;
    event.preventDefault();
    if (wish) void save(form, wish, look);
  });
}

async function save(
  form: HTMLFormElement,
  wish: PoolWish,
  look: () => Promise<void>,
): Promise<void> {
  const wishes = readClasses(form);
  if (wishes === null) return showIn(form, halfGiven);
  const answer = await callApi('PUT', '/api/pool', changed(form, wish, wishes));
  if ('fault' in answer) return showIn(form, answer.fault);
  showIn(form, null);
  delete form.dataset.edited;
  await look();
  // After the look, which writes the form again.
  form.classList.add('saved');
  announce(['Saved.']);
}

function changed(form: HTMLFormElement, wish: PoolWish, wishes: ClassWishes): PoolWish {
  const node = form.dataset.wish;
  if (!node) {
    const fields = new FormData(form);
    return {
      ...wish,
      classes: wishes,
      image: String(fields.get('image') ?? '').trim() || null,
      refillPerMinute: Number(fields.get('refillPerMinute')),
    };
  }
  const nodes: Record<string, ClassWishes> = { ...wish.nodes };
  if (Object.keys(wishes).length > 0) nodes[node] = wishes;
  else delete nodes[node];
  return { ...wish, nodes };
}

/** Null when a class has one number of the two. */
function readClasses(form: HTMLFormElement): ClassWishes | null {
  const fields = new FormData(form);
  const wishes: ClassWishes = {};
  for (const kind of classes) {
    const [warm = '', max = ''] = ['warm', 'max'].map((name) =>
      String(fields.get(`${kind}.${name}`) ?? ''),
    );
    if (warm === '' && max === '') continue;
    if (warm === '' || max === '') return null;
    wishes[kind] = { warm: Number(warm), max: Number(max) };
  }
  return wishes;
}

function showIn(form: HTMLFormElement, fault: ShownFault | null): void {
  const alert = form.querySelector<HTMLElement>('[role=alert]');
  if (!alert) return;
  if (fault) showFault(alert, fault);
  else alert.hidden = true;
}
