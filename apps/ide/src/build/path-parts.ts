/** The slowest paths of a build, step by step, each a link to its line. */
import type { TimingPath } from '@joh/protocol';
import { element } from '../workbench/element.ts';

export function pathParts(
  paths: readonly TimingPath[],
  onPlace: (path: string, line: number) => void,
): HTMLElement[] {
  return paths.map(({ from, to, ns, steps }, index) =>
    element(
      'details',
      { class: 'joh-path', 'data-testid': 'build-path' },
      element(
        'summary',
        {},
        `${index === 0 ? 'Slowest path' : 'Next'}: `,
        element('strong', {}, `${ns.toFixed(1)} ns`),
        from === to ? ` in ${from}` : ` from ${from} to ${to}`,
      ),
      steps.length === 0
        ? element('p', { class: 'joh-hint' }, 'None of its signals has a name in the sources.')
        : element('ol', {}, ...steps.map((step) => stepRow(step, onPlace))),
    ),
  );
}

function stepRow(
  { name, ns, gates, path, line }: TimingPath['steps'][number],
  onPlace: (path: string, line: number) => void,
): HTMLElement {
  const through = gates === 0 ? '' : gates === 1 ? '1 gate' : `${gates} gates`;
  return element(
    'li',
    {},
    element('span', { class: 'joh-number' }, `${ns.toFixed(1)} ns`),
    element('span', { class: 'joh-path-name', title: name }, name),
    element('span', { class: 'joh-number' }, through),
    element(
      'button',
      { class: 'joh-link', click: () => onPlace(path, line) },
      `${path.split('/').pop()}:${line}`,
    ),
  );
}
