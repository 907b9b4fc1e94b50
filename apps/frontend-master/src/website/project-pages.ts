import type { Project, Template } from '@joh/protocol';
import { type Html, html } from './html.ts';
import { alert, page, type Viewer } from './layout.ts';

/** The projects of an account, and the form for a new one. */
export function projectsPage(
  account: Viewer,
  projects: readonly Project[],
  templates: readonly Template[],
): string {
  return page(
    { title: 'Projects', account, path: '/projects' },
    html`<div class="row"><h1>Projects</h1></div>
${alert}
${
  projects.length > 0
    ? html`<div data-testid="projects">${projects.map(projectRow)}</div>`
    : html`<p>You have no project yet. Choose a template below: a minute from now it blinks.</p>`
}
<h2 id="new">New project</h2>
${newProjectForm(account.name, templates)}`,
  );
}

/** What a new project can start from. */
export function templatesPage(account: Viewer | null, templates: readonly Template[]): string {
  return page(
    { title: 'Templates', account, path: '/templates' },
    html`<h1>Templates</h1>
<p>Each is a small project that builds as it is. Your copy is a git repository of your own.</p>
<ul class="cards">${templates.map(
      ({
        id,
        title,
        description,
        board,
        languages,
      }) => html`<li class="card" data-testid="template-${id}">
<h3>${title}</h3><p>${description}</p>${tags([board ?? 'no board', ...languages])}
<a class="button quiet" href="${account ? '/projects#new' : '/sign-up'}">Use it</a></li>`,
    )}</ul>`,
  );
}

function newProjectForm(account: string, templates: readonly Template[]): Html {
  return html`<form class="panel" data-api="POST /api/projects" data-next="/open/${account}/{name}">
${alert}
<label>Name <small>Also that of its repository: lower-case letters, digits and hyphens.</small>
<input type="text" name="name" required pattern="[a-z0-9]([a-z0-9]|-(?=[a-z0-9])){0,38}"
 title="Lower-case letters, digits and hyphens" autocapitalize="none" spellcheck="false" autocomplete="off"></label>
<fieldset class="choice"><legend>Template</legend>
${templates.map(
  ({ id, title, description }, index) =>
    html`<label><input type="radio" name="template" value="${id}"${
      index === 0 ? html` checked` : ''
    } required> ${title}<small>${description}</small></label>`,
)}
</fieldset>
<button>Create and open</button>
</form>`;
}

function projectRow({ owner, name, board, cloneUrl }: Project): Html {
  return html`<article class="project" data-testid="project-${name}">
<div class="name"><a href="/open/${owner}/${name}">${owner}/${name}</a><code>git clone ${cloneUrl}</code></div>
${board ? tags([board]) : ''}
<a class="button" href="/open/${owner}/${name}">Open</a>
<form data-api="DELETE /api/projects/${owner}/${name}" data-next="/projects"
 data-confirm="Delete ${owner}/${name} and its repository? This cannot be undone."><button class="quiet danger" aria-label="Delete ${name}">Delete</button></form>
</article>`;
}

function tags(names: readonly string[]): Html {
  return html`<ul class="tags">${names.map((name) => html`<li>${name}</li>`)}</ul>`;
}
