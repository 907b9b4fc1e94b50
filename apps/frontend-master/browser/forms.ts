/** Forms that call the API: `<form data-api="POST /api/…" data-next="/…">`, with an alert inside. */
import { callApi, showFault } from './fault.ts';

/** Makes every such form, and every button with `data-api`, work. */
export function enhanceForms(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-api]')) {
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void submit(form);
    });
  }
}

async function submit(form: HTMLFormElement): Promise<void> {
  const question = form.dataset.confirm;
  if (question && !confirm(question)) return;
  const [method = 'POST', path = ''] = (form.dataset.api ?? '').split(' ');
  const alert =
    form.querySelector<HTMLElement>('[role=alert]') ?? document.querySelector('[role=alert]');
  const button = form.querySelector<HTMLButtonElement>('button:not([type=button])');
  if (alert) alert.hidden = true;
  if (button) button.disabled = true;
  const fields = Object.fromEntries(new FormData(form).entries());
  const hasFields = Object.keys(fields).length > 0;
  const answer = await callApi<Record<string, unknown>>(
    method,
    path,
    hasFields ? fields : undefined,
  );
  if (button) button.disabled = false;
  if ('fault' in answer) {
    if (alert) {
      showFault(alert, answer.fault);
      alert.scrollIntoView({ block: 'nearest' });
    }
    return;
  }
  location.assign(nextOf(form, answer.value));
}

/** Where to go: a safe `?next=` of this page, or the form's own; `{name}` comes from the answer. */
function nextOf(form: HTMLFormElement, value: Record<string, unknown> | undefined): string {
  // A program of this computer waits for the browser there; nothing else is gone to.
  const told = String(value?.location ?? '');
  if (form.dataset.takesLocation !== undefined && told.startsWith('http://127.0.0.1:')) return told;
  const asked = new URLSearchParams(location.search).get('next');
  // A path of this site alone: "//host" and "/\host" would be another's.
  if (asked && form.dataset.takesNext !== undefined && /^\/(?![/\\])/.test(asked)) return asked;
  return (form.dataset.next ?? location.pathname).replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(String(value?.[key] ?? '')),
  );
}
