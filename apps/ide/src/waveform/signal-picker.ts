/** All signals of a recording by scope, to search and to add. */
import { type Scope, type Variable, type Waves, walkVariables } from '@joh/waves';
import { element, icon } from '../workbench/element.ts';
import { searched } from './model.ts';

export interface SignalPicker {
  root: HTMLElement;
  show(waves: Waves): void;
}

/** The path of a signal that is to be drawn; names outlive a run, signals do not. */
type Add = (path: string) => void;

/** Of one scope, or of a search. */
const shownMax = 300;

export function createSignalPicker(onAdd: Add): SignalPicker {
  const search = element('input', {
    class: 'joh-waves-search',
    type: 'search',
    placeholder: 'Search signals',
    'aria-label': 'Search signals',
    'data-testid': 'waves-search',
  });
  const tree = element('div', { class: 'joh-waves-tree', 'data-testid': 'waves-tree' });
  const root = element('div', { class: 'joh-waves-picker' }, search, tree);
  let waves: Waves | null = null;
  let names = '';
  const draw = () => {
    if (!waves) return;
    const query = search.value.trim();
    if (query === '') {
      const { variables, scopes } = waves.root;
      tree.replaceChildren(
        ...signalRows(variables, onAdd),
        ...scopes.map((scope) => scopeRow(scope, onAdd, true)),
      );
      return;
    }
    const found = searched(waves, query, shownMax + 1);
    tree.replaceChildren(
      ...found.slice(0, shownMax).map((one) => signalRow(one, one.path, onAdd)),
      ...(found.length === 0 ? [hint(`No signal has "${query}" in its name.`)] : []),
      ...(found.length > shownMax ? [hint(`More than ${shownMax}: type more of the name.`)] : []),
    );
  };
  search.addEventListener('input', draw);
  search.addEventListener('keydown', (event) => {
    event.stopPropagation();
    if (event.key !== 'Enter' || !waves || search.value.trim() === '') return;
    const [first] = searched(waves, search.value, 1);
    if (first) onAdd(first.path);
  });
  return {
    root,
    show(next) {
      waves = next;
      // A run that changed no names leaves the tree as it is unfolded.
      const now = namesOf(next);
      if (now === names) return;
      names = now;
      draw();
    },
  };
}

function namesOf({ root }: Waves): string {
  let names = '';
  for (const { path, range } of walkVariables(root)) names += `${path}${range}\n`;
  return names;
}

const hint = (text: string) => element('p', { class: 'joh-hint' }, text);

function signalRows(variables: readonly Variable[], onAdd: Add): HTMLElement[] {
  const rows = variables.slice(0, shownMax).map((one) => signalRow(one, one.name, onAdd));
  const rest = variables.length - rows.length;
  return rest === 0 ? rows : [...rows, hint(`${rest} more: search for them.`)];
}

function signalRow({ path, range, signal }: Variable, title: string, onAdd: Add): HTMLElement {
  return element(
    'button',
    { class: 'joh-waves-signal', title: `Add ${path}${range}`, click: () => onAdd(path) },
    icon(signal.width === 1 ? 'pulse' : 'symbol-array'),
    element('span', { class: 'joh-waves-name' }, title),
    element('span', { class: 'joh-waves-range' }, range),
  );
}

function scopeRow(scope: Scope, onAdd: Add, isOpen = false): HTMLElement {
  const body = element('div', { class: 'joh-waves-scope-body' });
  const summary = element('summary', {}, icon('chevron-right'), scope.name);
  const details = element('details', { class: 'joh-waves-scope-row', open: isOpen }, summary, body);
  const fill = () => {
    if (body.childElementCount > 0) return;
    body.append(
      ...signalRows(scope.variables, onAdd),
      ...scope.scopes.map((inner) => scopeRow(inner, onAdd)),
    );
  };
  if (isOpen) fill();
  // A design has thousands of scopes; what is folded costs nothing.
  details.addEventListener('toggle', fill);
  return details;
}
