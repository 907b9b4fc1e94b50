/** The numbers around the rack: totals, claims, queue, events. Pure. */
import type { Node, NodeEvent, NodeEventKind, NodeState, Rack } from '@joh/protocol';
import { type Html, html } from './html.ts';
import {
  clockTime,
  count,
  duration,
  nodeWords,
  type RackView,
  shortId,
  titleOf,
} from './rack-words.ts';

/** A row of tiles: what one wants to know from across the room. */
export function totals(rack: Rack): Html {
  const ready = rack.nodes.filter(({ state }) => state === 'ready').length;
  const others = (['draining', 'quarantined', 'unreachable'] as const)
    .map((state) => [state, rack.nodes.filter((one) => one.state === state).length] as const)
    .filter(([, many]) => many > 0)
    .map(([state, many]) => `${many} ${nodeWords[state].toLowerCase()}`);
  return html`${tile('Nodes ready', `${ready} of ${rack.nodes.length}`, others.join(', ') || (ready > 0 ? 'all of them' : 'none yet'), others.length > 0)}
${rack.pool.classes.map((one) => {
  const isShort = one.warm === 0 && one.free === 0 && one.starting === 0;
  const rest = [
    `${one.claimed} in use`,
    one.starting > 0 && `${one.starting} starting`,
    one.free > 0 && `${one.free} free`,
  ];
  return tile(
    `Warm ${one.class}`,
    String(one.warm),
    rest.filter(Boolean).join(', '),
    isShort && rack.nodes.length > 0,
  );
})}
${tile('Waiting', String(rack.pool.queue), rack.pool.queue === 0 ? 'nobody' : `the next for ${duration(rack.queue[0]?.waitedMs ?? 0)}`, rack.pool.queue > 0)}
<div class="tile wide">${claimsChart(rack.claimsPerMinute)}</div>`;
}

function tile(name: string, value: string, note: string, isBad: boolean): Html {
  return html`<div class="tile${isBad ? ' bad' : ''}"><h2>${name}</h2><p class="big">${value}</p><p class="muted">${note}</p></div>`;
}

const bar = { width: 5, gap: 1, height: 44 } as const;

/** Sixty bars, the minute that runs at the right. */
export function claimsChart(claims: readonly number[]): Html {
  const most = Math.max(0, ...claims);
  const hour = claims.reduce((sum, one) => sum + one, 0);
  const now = claims.at(-1) ?? 0;
  const width = claims.length * (bar.width + bar.gap);
  const says = `Claims a minute over the last hour: ${now} in the minute that runs, at most ${most}, ${hour} in all`;
  return html`<h2>Claims a minute</h2>
<svg class="claims" viewBox="0 0 ${width} ${bar.height}" preserveAspectRatio="none" role="img" aria-label="${says}">
<path class="floor" d="M0 ${bar.height - 0.5}H${width}"/>
${claims
  .map((one, index) => {
    const height =
      most === 0 ? 0 : Math.max(one > 0 ? 2 : 0, Math.round((one / most) * bar.height));
    return height === 0
      ? ''
      : html`<rect x="${index * (bar.width + bar.gap)}" y="${bar.height - height}" width="${bar.width}" height="${height}"/>`;
  })
  .filter((one) => one !== '')}
</svg>
<p class="muted">now ${now} · at most ${most} · ${hour} in the hour</p>`;
}

/** Who waits, next first. */
export function queue(rack: Rack): Html {
  if (rack.queue.length === 0) return html`<p class="empty">Nobody waits for a container.</p>`;
  const more = rack.pool.queue - rack.queue.length;
  return html`<table><caption class="unseen">Sessions that wait</caption>
<thead><tr><th scope="col">Place</th><th scope="col">Session</th><th scope="col">Class</th><th scope="col">Waits</th></tr></thead>
<tbody>${rack.queue.map(
    ({ session, position, class: kind, waitedMs }) =>
      html`<tr id="queued-${session}"><td>${position}</td><th scope="row"><code title="${session}">${shortId(session)}</code></th><td>${kind}</td><td>${duration(waitedMs)}</td></tr>`,
  )}</tbody></table>${more > 0 ? html`<p class="muted">and ${more} more</p>` : ''}`;
}

/** The choice of whose events are shown. */
export function eventFilter(rack: Rack, view: RackView): Html {
  const choice = (value: string, text: string, isChosen: boolean) =>
    html`<option value="${value}"${isChosen ? html` selected` : ''}>${text}</option>`;
  return html`${choice('', 'All nodes', view.eventsOf === null)}${rack.nodes.map((node) =>
    choice(node.id, titleOf(node), view.eventsOf === node.id),
  )}`;
}

/** The life of a container that nothing disturbs. */
const everyday: readonly NodeEventKind[] = ['created', 'warm', 'claimed', 'released', 'destroyed'];

export function isUnusual({ kind }: Pick<NodeEvent, 'kind'>): boolean {
  return !everyday.includes(kind);
}

/** Decisions, the newest first. */
export function events(
  all: readonly NodeEvent[],
  nodes: readonly Node[],
  now: string,
  view: RackView,
): Html {
  const shown = all.filter(
    (event) =>
      (view.eventsOf === null || event.node === view.eventsOf) &&
      (!view.isUnusualOnly || isUnusual(event)),
  );
  if (shown.length === 0) {
    const what = view.isUnusualOnly ? 'Nothing unusual' : 'Nothing';
    return html`<p class="empty">${what} has happened${view.eventsOf ? ' on it' : ''} yet.</p>`;
  }
  const names = new Map(nodes.map((node) => [node.id as string, titleOf(node)]));
  return html`<ol class="log">${runs(shown)
    .toReversed()
    .map(
      ({ first, last: { at, kind, node, sentence }, times }) =>
        html`<li id="event-${first}" class="${kind}"><time datetime="${at}">${clockTime(at, now, view.zone)}</time><span class="where">${
          node ? (names.get(node) ?? node) : ''
        }</span><span>${sentence}${times > 1 ? html` <b class="times"><span aria-hidden="true">×${times}</span><span class="unseen">${times} times</span></b>` : ''}</span></li>`,
    )}</ol>`;
}

/** Events that say the same one after the other are one line. */
function runs(events: readonly NodeEvent[]) {
  const found: { first: number; last: NodeEvent; times: number }[] = [];
  for (const event of events) {
    const run = found.at(-1);
    if (run && run.last.node === event.node && run.last.sentence === event.sentence) {
      run.last = event;
      run.times += 1;
    } else found.push({ first: event.id, last: event, times: 1 });
  }
  return found;
}

/** What a screen reader is told between two looks: nodes that changed, and a queue that began or ended. Pure. */
export function changes(before: Rack, now: Rack): string[] {
  const states = new Map<string, NodeState>(before.nodes.map(({ id, state }) => [id, state]));
  const said = now.nodes.flatMap((node) => {
    const { id, state, reason } = node;
    const name = titleOf(node);
    const was = states.get(id);
    states.delete(id);
    if (was === state) return [];
    if (was === undefined) return [`${name} has joined.`];
    return [`${name} is ${nodeWords[state].toLowerCase()}.${reason ? ` ${reason}` : ''}`];
  });
  const gone = before.nodes
    .filter(({ id }) => states.has(id))
    .map((node) => `${titleOf(node)} is removed.`);
  const waits = now.pool.queue > 0;
  if (waits !== before.pool.queue > 0) {
    said.push(waits ? `${count(now.pool.queue, 'session')} waiting.` : 'Nobody waits any more.');
  }
  return [...said, ...gone];
}
