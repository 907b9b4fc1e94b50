import { html } from './html.ts';
import { alert, page } from './layout.ts';

/** The form that makes an account. */
export function signUpPage(): string {
  return page(
    { title: 'Sign up', account: null, path: '/sign-up', isNarrow: true },
    html`<div class="panel"><h1>Sign up</h1>
<form data-api="POST /api/auth/sign-up" data-next="/projects" data-takes-next>
${alert}
<label>E-mail <input type="email" name="email" autocomplete="email" required maxlength="254"></label>
<label>Name <small>The owner part of your repositories: lower-case letters, digits and hyphens.</small>
<input type="text" name="name" autocomplete="username" required pattern="[a-z0-9]([a-z0-9]|-(?=[a-z0-9])){0,38}" title="Lower-case letters, digits and hyphens" autocapitalize="none" spellcheck="false"></label>
<label>Password <small>At least 8 characters.</small>
<input type="password" name="password" autocomplete="new-password" required minlength="8" maxlength="128"></label>
<button>Create account</button>
</form></div>
<p>You have an account? <a href="/sign-in">Sign in</a>.</p>`,
  );
}

/** The form that signs in. */
export function signInPage(): string {
  return page(
    { title: 'Sign in', account: null, path: '/sign-in', isNarrow: true },
    html`<div class="panel"><h1>Sign in</h1>
<form data-api="POST /api/auth/sign-in" data-next="/projects" data-takes-next>
${alert}
<label>E-mail <input type="email" name="email" autocomplete="email" required maxlength="254"></label>
<label>Password <input type="password" name="password" autocomplete="current-password" required maxlength="128"></label>
<button>Sign in</button>
</form></div>
<p>New here? <a href="/sign-up">Create an account</a>.</p>`,
  );
}
