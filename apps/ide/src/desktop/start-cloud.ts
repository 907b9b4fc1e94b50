/** The start page's way to projects of a FrontendMaster: sign in by the browser, clone one. */
import type { CloudState } from '@joh/protocol';
import { element } from '../workbench/element.ts';
import type { Calls } from './calls.ts';

interface CloudPart {
  call: Calls;
  page: string;
  home: string;
  /** Runs it, and shows what went wrong. */
  attempt(work: () => Promise<void>): Promise<void>;
  leave(path: string): void;
}

/** Fills itself in; the rest of the page does not wait for it. */
export function cloudPart(options: CloudPart): HTMLElement {
  const { call, attempt } = options;
  const body = element('div', {});
  const show = (state: CloudState) => {
    body.replaceChildren(
      state.account ? projects(options, state, show) : signIn(options, state, show),
    );
  };
  void attempt(async () => show(await call('cloud', {})));
  return element(
    'section',
    { class: 'start-cloud', 'aria-label': 'Your projects in the cloud' },
    element('h2', {}, 'From the cloud'),
    body,
  );
}

type Show = (state: CloudState) => void;

function signIn({ call, page, attempt }: CloudPart, { url }: CloudState, show: Show): HTMLElement {
  const field = element('input', {
    type: 'text',
    value: url ?? '',
    placeholder: 'https://joy.example.org',
    'aria-label': 'Address of your Joy of Hardware',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const button = element('button', { type: 'submit' }, 'Sign in');
  const note = element('p', { class: 'none' }, 'Your browser asks; no password is typed here.');
  return element(
    'form',
    {
      submit: (event) => {
        event.preventDefault();
        if (!field.value.trim()) return field.focus();
        button.disabled = true;
        note.textContent = 'Waiting for you to allow it in the browser…';
        void attempt(async () => {
          try {
            show(await call('signIn', { page, url: field.value.trim() }));
          } finally {
            button.disabled = false;
            note.textContent = '';
          }
        });
      },
    },
    element('div', { class: 'path' }, field, button),
    note,
  );
}

function projects(options: CloudPart, { url, account }: CloudState, show: Show): HTMLElement {
  const { call, attempt, leave } = options;
  const into = element('input', {
    type: 'text',
    value: '~',
    'aria-label': 'Folder that clones go into',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const list = element('ul', { 'data-testid': 'cloud-projects' });
  const fill = async () => {
    const { projects: found } = await call('cloudProjects', {});
    list.replaceChildren(
      ...found.map(({ owner, name }) =>
        element(
          'li',
          {},
          element(
            'button',
            {
              class: 'recent',
              title: `Clone ${owner}/${name}`,
              click: () =>
                void attempt(async () =>
                  leave(
                    (await call('clone', { owner, name, into: into.value.trim() || '~' })).page,
                  ),
                ),
            },
            element('strong', {}, name),
            element('span', { class: 'where' }, owner),
            element('span', { class: 'when' }, 'Clone'),
          ),
        ),
      ),
    );
    if (found.length === 0) list.append(element('li', { class: 'none' }, 'No projects yet.'));
  };
  void attempt(async () => {
    try {
      await fill();
    } catch (error) {
      // A sign-in that is over is shown as what it is.
      show(await call('cloud', {}));
      throw error;
    }
  });
  const out = () => void attempt(async () => show(await call('signOut', {})));
  return element(
    'div',
    {},
    element(
      'p',
      { class: 'none' },
      `${account} at ${new URL(url ?? '').host} `,
      element('button', { class: 'link', click: out }, 'Sign out'),
    ),
    element('label', { class: 'path' }, 'Clone into', into),
    list,
  );
}
