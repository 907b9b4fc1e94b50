/** What every page has: head, bar, foot. */
import { type Html, html } from './html.ts';

/** Who looks at a page. */
export interface Viewer {
  name: string;
  isOperator: boolean;
}

export interface Frame {
  title: string;
  /** The signed-in account, or null. */
  account: Viewer | null;
  /** The path of the page, to mark its place in the bar. */
  path: string;
  /** A page with one column for a form. */
  isNarrow?: boolean;
  /** A page that takes the whole window. */
  isWide?: boolean;
  /** Style sheets and scripts beside those of every page, by name. */
  files?: readonly string[];
}

/** A whole page. */
export function page(frame: Frame, body: Html): string {
  const { title, account, path, isNarrow, isWide, files = [] } = frame;
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
${['site', ...files].map(
  (name) => html`<link rel="stylesheet" href="/site/${name}.css">
<script type="module" src="/site/${name}.js"></script>
`,
)}
</head>
<body>
<a class="skip" href="#main">To the content</a>
<nav class="bar" aria-label="Site">
<a class="mark" href="/"><img src="/icon.svg" alt="">Joy of Hardware</a>
${account ? place('/projects', 'Projects') : ''}
${place('/templates', 'Templates')}
${account?.isOperator ? place('/operator', 'Rack') : ''}
<span class="space"></span>
${account ? signedIn(account.name) : html`${place('/sign-in', 'Sign in')} <a class="button" href="/sign-up">Sign up</a>`}
</nav>
<main id="main"${isNarrow ? html` class="narrow"` : ''}${isWide ? html` class="wide"` : ''}>
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
