import type { Rack } from '@joh/protocol';
import { type Html, html } from './html.ts';
import { alert, page, type Viewer } from './layout.ts';
import { rackRegions } from './rack-regions.ts';
import { clockTime, firstView } from './rack-words.ts';

/** The page is to be small; its script asks for the others a moment later. */
const firstEventsMax = 40;

/** The rack as a picture, for operators. Its script looks again every second. */
export function operatorPage(account: Viewer, rack: Rack): string {
  const regions = rackRegions(rack, rack.events.slice(-firstEventsMax), firstView);
  const region = (id: string): Html => regions[id] ?? html``;
  return page(
    { title: 'Rack', account, path: '/operator', isWide: true, files: ['operator'] },
    html`<div class="operator" data-rack>
<header class="row"><h1>Rack</h1>
<p class="fresh" id="fresh"><span class="dot"></span><span id="fresh-text">As of ${clockTime(rack.at, rack.at, 'utc')} UTC</span></p>
<button type="button" data-act="join">Add a node</button></header>
<p class="unseen" role="status" id="announcement"></p>
<div id="notice" role="alert" hidden></div>
<div id="problem">${region('problem')}</div>
<section id="totals" class="tiles" aria-label="Totals">${region('totals')}</section>
<div class="columns">
<section aria-labelledby="units-title"><h2 id="units-title">Compute nodes</h2><div id="units">${region('units')}</div></section>
<div class="side">
<section class="card" aria-labelledby="queue-title"><h2 id="queue-title">Queue</h2><div id="queue">${region('queue')}</div></section>
<section class="card" aria-labelledby="rollout-title"><h2 id="rollout-title">Image</h2><div id="rollout">${region('rollout')}</div></section>
<section class="card" aria-labelledby="pool-title"><h2 id="pool-title">Wanted</h2><div id="pool">${region('pool')}</div></section>
</div></div>
<section class="card" aria-labelledby="events-title"><div class="row"><h2 id="events-title">Decisions</h2>
<span class="filters"><label><input type="checkbox" id="event-unusual"> Only what is unusual</label>
<label>Of <select id="event-filter">${region('event-filter')}</select></label></span></div>
<div id="events" class="scrolls" tabindex="0" role="group" aria-label="Decisions, the newest first">${region('events')}</div></section>
${askDialog}${joinDialog}
</div>`,
  );
}

/** Filled by the script: a question before something that hurts. */
const askDialog: Html = html`<dialog id="ask" aria-labelledby="ask-title">
<h2 id="ask-title"></h2><p id="ask-text"></p>${alert}
<p class="row"><button type="button" class="quiet" data-act="close">Cancel</button>
<button type="button" id="ask-yes"></button></p></dialog>`;

const joinDialog: Html = html`<dialog id="join" aria-labelledby="join-title">
<h2 id="join-title">Add a node</h2>
<form id="join-form">
<p>A machine with Docker becomes a compute node by one command that you run on it as root.</p>
${alert}
<label>Name <small>Lower-case letters, digits, dots and hyphens.</small>
<input type="text" name="name" required pattern="[a-z0-9][a-z0-9.\\-]{0,62}" autocapitalize="none" autocomplete="off" spellcheck="false"></label>
<div class="pair"><label>Address <small>At which FrontendMaster reaches its Docker daemon.</small>
<input type="text" name="host" required maxlength="253" autocapitalize="none" autocomplete="off" spellcheck="false"></label>
<label>Port <small>Of the daemon.</small><input type="number" name="port" min="1" max="65535" value="2376" required></label></div>
<label>Labels <small>For you, for example: rack=a, purpose=class</small>
<input type="text" name="labels" autocapitalize="none" autocomplete="off" spellcheck="false"></label>
<p class="row"><button type="button" class="quiet" data-act="close">Cancel</button><button>Show the command</button></p>
</form>
<div id="join-command" hidden>
<p>Run this on <strong id="join-name"></strong> as root. It holds a secret that works once.</p>
<pre tabindex="0" aria-label="Command"></pre>
<p class="row"><button type="button" class="small" data-act="copy">Copy</button><span class="muted" id="join-expiry"></span></p>
<p class="muted">The node trusts only the authority with the fingerprint <code id="join-fingerprint"></code></p>
<p id="join-status" class="waits" role="status"></p>
<p class="row"><span></span><button type="button" data-act="close">Close</button></p>
</div></dialog>`;
