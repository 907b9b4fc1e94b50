/** The start page's way to projects of a FrontendMaster: sign in by the browser, open one there, clone one. */
import type { CloudState } from '@joh/protocol';
import { element } from '../workbench/element.ts';
import type { Calls } from './calls.ts';
import { type CloudRow, cloudRows } from './cloud-rows.ts';
import { anotherWindow } from './svg.ts';

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
  const { call, attempt } = options;
  const into = element('input', {
    type: 'text',
    value: '~',
    'aria-label': 'Folder that clones go into',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const list = element('ul', { 'data-testid': 'cloud-projects' });
  /** Projects with a session, which a sign-out closes with all that is not pushed. */
  let running: string[] = [];
  const refresh = () => void attempt(fill);
  const fill = async () => {
    const rows = cloudRows(await call('cloudProjects', {}));
    running = rows.filter(({ session }) => session?.hasWork).map(({ name }) => name);
    const row = { ...options, into: () => into.value.trim() || '~', refresh };
    list.replaceChildren(...rows.map((one) => projectRow(row, one)));
    if (rows.length === 0) list.append(element('li', { class: 'none' }, 'No projects yet.'));
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
  const out = element('button', { class: 'link' }, 'Sign out');
  const question = () =>
    running.length > 0 &&
    `Sign out? It closes the session of ${running.join(', ')}, with what is not pushed.`;
  sure(out, question, () => void attempt(async () => show(await call('signOut', {}))));
  return element(
    'div',
    {},
    element('p', { class: 'none' }, `${account} at ${new URL(url ?? '').host} `, out),
    list,
    element('label', { class: 'path' }, 'Clone into', into),
  );
}

/** Acts at the second click where there is a question, which stands in the button after the first. */
function sure(button: HTMLElement, question: () => string | false, act: () => void): void {
  let isAsked = false;
  button.addEventListener('click', () => {
    const text = isAsked ? false : question();
    if (text === false) return act();
    isAsked = true;
    button.textContent = text;
    button.removeAttribute('aria-label');
  });
}

interface ProjectRow extends CloudPart {
  /** Folder that clones go into. */
  into(): string;
  refresh(): void;
}

/** A project: its session in the cloud, in this window or another, or a clone on this computer. */
function projectRow(options: ProjectRow, { owner, name, session }: CloudRow): HTMLElement {
  const { call, page, attempt, leave, into } = options;
  const open = async () => (await call('openSession', { owner, name })).page;
  const button = (words: string | Node, label: string, work: () => Promise<unknown>) => {
    const made = element(
      'button',
      {
        'aria-label': label,
        title: label,
        click: () => {
          made.disabled = true;
          void attempt(async () => {
            try {
              await work();
            } finally {
              made.disabled = false;
            }
          });
        },
      },
      words,
    );
    return made;
  };
  return element(
    'li',
    { class: 'project', 'data-testid': `cloud-${name}` },
    element('strong', {}, name),
    element('span', { class: 'where' }, owner),
    session ? element('span', { class: 'running' }, session.state) : '',
    session ? closeButton(options, name, session) : '',
    element(
      'span',
      { class: 'actions' },
      button('Open in the cloud', `Open ${name} in the cloud`, async () => leave(await open())),
      button(anotherWindow(), `Open ${name} in the cloud, in a new window`, async () =>
        call('newWindow', { page, path: await open() }),
      ),
      button('Clone', `Clone ${name}`, async () =>
        leave((await call('clone', { owner, name, into: into() })).page),
      ),
    ),
  );
}

function closeButton(
  { call, attempt, refresh }: ProjectRow,
  name: string,
  { id, hasWork }: NonNullable<CloudRow['session']>,
): HTMLElement {
  const label = `Close the session of ${name}`;
  const button = element('button', { class: 'link', 'aria-label': label, title: label }, 'Close');
  const question = () => hasWork && 'Close? What is not pushed is lost.';
  sure(button, question, () => {
    void attempt(async () => {
      await call('closeSession', { session: id });
      refresh();
    });
  });
  return button;
}
