import type { Fault } from '@joh/protocol';
import { html } from './html.ts';
import { page, type Viewer } from './layout.ts';

/** A failure as a page: what happened, what was kept, what to do. */
export function faultPage(account: Viewer | null, fault: Fault): string {
  const { message, kept, todo, code } = fault.body();
  const title = fault.status === 404 ? 'Not found' : 'That did not work';
  return page(
    { title, account, path: '', isNarrow: true },
    html`<div class="panel"><h1>${title}</h1>
<div role="alert" data-code="${code}"><p class="what">${message}</p><p class="kept">${kept}</p><p class="todo">${todo}</p></div>
<p><a class="button" href="${account ? '/projects' : '/'}">${account ? 'Your projects' : 'To the start'}</a></p></div>`,
  );
}
