/** What every page has: head, bar, foot. */
import { type Html, html } from './html.ts';

export interface Frame {
  title: string;
  /** The signed-in account's name, or null. */
  account: string | null;
  /** The path of the page, to mark its place in the bar. */
  path: string;
  /** A page with one column for a form. */
  isNarrow?: boolean;
}

/** A whole page. */
export function page({ title, account, path, isNarrow }: Frame, body: Html): string {
  const place = (href: string, text: string) =>
    html`<a href="${href}"${path === href ? html` aria-current="page"` : ''}>${text}</a>`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${title} · Joy of Hardware</title>
<meta name="description" content="An online IDE for FPGA developers: edit, build and program boards from the browser.">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/site/site.css">
<script type="module" src="/site/site.js"></script>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<nav class="bar" aria-label="Site">
<a class="mark" href="/"><img src="/icon.svg" alt="">Joy of Hardware</a>
${account ? place('/projects', 'Projects') : ''}
${place('/templates', 'Templates')}
<span class="space"></span>
${account ? signedIn(account) : html`${place('/sign-in', 'Sign in')} <a class="button" href="/sign-up">Sign up</a>`}
</nav>
<main id="main"${isNarrow ? html` class="narrow"` : ''}>
${body}
</main>
<footer>Joy of Hardware. Open projects are ordinary git repositories: clone them whenever you like.</footer>
</body>
</html>
`.html;
}

function signedIn(account: string): Html {
  return html`<span class="who">${account}</span>
<form data-api="POST /api/auth/sign-out" data-next="/"><button class="quiet">Sign out</button></form>`;
}

/** Where a form shows a fault. */
export const alert: Html = html`<div role="alert" hidden></div>`;
