import { html } from './html.ts';
import { page, type Viewer } from './layout.ts';

/** Shows how far a session is; the script asks for it and goes to the IDE when it is ready. */
export function openPage(account: Viewer, project: string): string {
  return page(
    { title: `Opening ${project}`, account, path: '/open', isNarrow: true },
    html`<div class="opening" data-open="${project}" data-testid="opening">
<img src="/icon.svg" alt="">
<h1>Opening ${project.split('/')[1]}</h1>
<div role="alert" hidden></div>
<ol class="stages" role="status" aria-label="Progress"></ol>
<p class="after"><a class="button" href="">Try again</a> <a class="button quiet" href="/projects">Back to your projects</a></p>
</div>`,
  );
}

/** What a phone gets instead of a workbench that does not fit on it. */
export function phonePage(account: Viewer | null): string {
  return page(
    { title: 'A larger screen', account, path: '/phone', isNarrow: true },
    html`<div class="panel"><h1>This needs a larger screen</h1>
<p>The IDE is a workbench with files, editor, terminal and boards side by side. It needs a window at
least 700 pixels wide: a tablet on its side, a laptop or a desktop.</p>
<p>Your projects and sessions are kept; open this page there and go on.</p>
<p><a class="button" href="/projects">Your projects</a></p></div>`,
  );
}
