/** The window without a folder: open one, or go on with one of before. */
import type { Clock } from '@joh/clock';
import { isFault, type RecentFolder } from '@joh/protocol';
import { element } from '../workbench/element.ts';
import type { Calls } from './calls.ts';
import { cloudPart } from './start-cloud.ts';
import { svg } from './svg.ts';
import './start-page.css';
import { when, whereIn } from './recent.ts';

interface StartPage {
  call: Calls;
  page: string;
  version: string;
  home: string;
  recents: readonly RecentFolder[];
  clock: Clock;
  container: HTMLElement;
  leave(path: string): void;
}

export function showStartPage(options: StartPage): void {
  document.title = 'Joy of Hardware';
  options.container.replaceChildren(draw(options));
  options.container.querySelector<HTMLElement>('[data-autofocus]')?.focus();
}

function draw(options: StartPage): HTMLElement {
  const { call, page, home, leave } = options;
  const problem = element('p', { class: 'problem', role: 'alert', 'data-testid': 'start-problem' });
  const attempt = async (work: () => Promise<void>) => {
    problem.textContent = '';
    try {
      await work();
    } catch (error) {
      problem.textContent = isFault(error)
        ? `${error.message} ${error.body().todo}`
        : String(error);
    }
  };
  const open = async (folder: string) => leave((await call('open', { folder })).page);
  const choose = async () => {
    const { folder } = await call('chooseFolder', { page, startIn: home });
    if (folder !== null) await open(folder);
  };
  const field = element('input', {
    type: 'text',
    name: 'path',
    placeholder: '~/projects/blinky',
    'aria-label': 'Path of a folder',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  return element(
    'main',
    { class: 'start', 'data-testid': 'start-page' },
    element(
      'section',
      { class: 'start-hero' },
      logo(),
      element('h1', {}, 'Joy of Hardware'),
      element('p', { class: 'lead' }, 'From Verilog to a blinking board, on this computer.'),
      element(
        'button',
        { class: 'primary', 'data-autofocus': true, click: () => void attempt(choose) },
        'Open a folder…',
      ),
      element(
        'form',
        {
          class: 'path',
          submit: (event) => {
            event.preventDefault();
            if (field.value.trim()) void attempt(() => open(field.value.trim()));
          },
        },
        field,
        element('button', { type: 'submit' }, 'Open'),
      ),
      problem,
    ),
    element(
      'div',
      { class: 'start-side' },
      recentPart(options, attempt, open),
      cloudPart({ ...options, attempt }),
    ),
    element('footer', {}, `Version ${options.version}. Works offline.`),
  );
}

function recentPart(
  { call, home, recents, clock }: StartPage,
  attempt: (work: () => Promise<void>) => Promise<void>,
  open: (folder: string) => Promise<void>,
): HTMLElement {
  const rows = recents.map((folder) => {
    const row = element(
      'li',
      { class: folder.isThere ? undefined : 'gone' },
      element(
        'button',
        {
          class: 'recent',
          disabled: !folder.isThere,
          'data-testid': `recent-${folder.name}`,
          click: () => void attempt(() => open(folder.path)),
        },
        element('strong', {}, folder.name),
        element('span', { class: 'where' }, whereIn(folder.path, home)),
        element(
          'span',
          { class: 'when' },
          folder.isThere ? when(folder.openedAt, new Date(clock.now())) : 'not there',
        ),
      ),
      element(
        'button',
        {
          class: 'forget',
          'aria-label': `Forget ${folder.name}`,
          title: 'Take it off this list',
          click: () =>
            void attempt(async () => {
              await call('forget', { folder: folder.id });
              row.remove();
            }),
        },
        '×',
      ),
    );
    return row;
  });
  return element(
    'section',
    { class: 'start-recents', 'aria-label': 'Recent folders' },
    element('h2', {}, 'Recent'),
    rows.length > 0
      ? element('ul', {}, ...rows)
      : element('p', { class: 'none' }, 'Folders that you open appear here.'),
  );
}

/** The chip of the boot screen. */
function logo(): Node {
  const line = { stroke: '#ff9233', 'stroke-width': '2', 'stroke-linecap': 'round' };
  return svg(
    'svg',
    { viewBox: '0 0 32 32', fill: 'none', 'aria-hidden': 'true', class: 'logo' },
    svg('rect', { x: '6', y: '6', width: '20', height: '20', rx: '4', fill: '#2a2724', ...line }),
    svg('path', {
      d: 'M11 2v4M16 2v4M21 2v4M11 26v4M16 26v4M21 26v4M2 11h4M2 16h4M2 21h4M26 11h4M26 16h4M26 21h4',
      ...line,
    }),
    svg('path', { d: 'M18 11v7.5a3 3 0 0 1-6 0', ...line, 'stroke-width': '2.6' }),
    svg('circle', { cx: '21', cy: '20.5', r: '1.4', fill: '#ff9233' }),
  );
}
