import type { Authorization } from '@joh/protocol';
import { answerTo } from '#accounts';
import { html } from './html.ts';
import { alert, page, type Viewer } from './layout.ts';

const programs: Readonly<Record<Authorization['client_id'], string>> = {
  'joh-desktop': 'The desktop application',
  joh: 'joh, the command line,',
};

/** Asks the account whether a program of this computer may sign in as it. */
export function authorizePage(account: Viewer, asked: Authorization): string {
  const fields = Object.entries(asked).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return page(
    { title: 'Sign a program in', account, path: '/authorize', isNarrow: true },
    html`<div class="panel"><h1>Sign in as ${account.name}?</h1>
<p>${programs[asked.client_id]} on this computer asks to sign in with your account: to see and change your projects, and
to open sessions. It stays signed in until you sign out there.</p>
<p><small>Did you not just start it? Then choose “Not now”.</small></p>
<form data-api="POST /api/auth/authorize" data-takes-location>
${alert}${fields}
<button>Allow</button>
<a class="button quiet" href="${answerTo(asked, { error: 'access_denied' })}">Not now</a>
</form></div>`,
  );
}
