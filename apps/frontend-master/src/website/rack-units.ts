/** The rack as a picture: a unit a node, a slot a container. Pure. */
import type { ContainerClass, Node, PoolWish, Rack } from '@joh/protocol';
import { type Html, html } from './html.ts';
import { wishFields } from './rack-pool.ts';
import {
  classes,
  clockTime,
  count,
  imageName,
  memory,
  nodeWords,
  type RackView,
  type SlotState,
  shortId,
  slotStates,
  slotWords,
  titleOf,
} from './rack-words.ts';

/** More free slots than this are a number: they say nothing one by one. */
const freeSlotsShownMax = 40;

/** All units, in FM's order. */
export function rackUnits(rack: Rack, view: RackView): Html {
  if (rack.nodes.length === 0) {
    return html`<p class="empty">There is no compute node yet. Add one, or start FrontendMaster on a
machine whose container engine answers.</p>`;
  }
  return html`<div class="rack-frame"><ol class="rack" aria-label="Compute nodes">${rack.nodes.map(
    (node) => unit(node, rack, view),
  )}</ol></div>
<ul class="legend" aria-label="Slots">${slotStates.map(
    (state) => html`<li><i class="${state}"></i> ${slotWords[state]}</li>`,
  )}<li>${rack.pool.classes.map(classSentence).join('; ')}</li></ul>`;
}

/** `large: standard, 4 cores, 8 GB`. */
function classSentence({ class: kind, resources }: Rack['pool']['classes'][number]): string {
  const look = kind === 'standard' ? 'large' : 'small';
  return `${look}: ${kind}, ${count(resources.cores, 'core')}, ${memory(resources.memoryBytes)}`;
}

function unit(node: Node, rack: Rack, view: RackView): Html {
  const isOpen = view.open.has(node.id);
  return html`<li class="unit ${node.state}" id="unit-${node.id}" data-testid="unit-${node.id}">
<div class="face">
<h3><span class="led"></span>${titleOf(node)}${labels(node)}</h3>
<p>${size(node)}</p>
</div>
<div class="bays">${classes.map((kind) => bay(node, kind))}</div>
<div class="state"><p>${nodeWords[node.state]}</p><p>${node.reason ?? imageLine(node)}</p></div>
<div class="acts">${actions(node)}
<button type="button" class="small quiet" data-act="open" data-node="${node.id}" aria-expanded="${String(isOpen)}"
 aria-controls="details-${node.id}" aria-label="Details of ${titleOf(node)}">Details</button></div>
<div class="details" id="details-${node.id}"${isOpen ? '' : html` hidden`}>${
    isOpen ? details(node, rack, view) : ''
  }</div>
</li>`;
}

function size({ cores, memoryBytes }: Node): string {
  return `${count(cores, 'core')} · ${memory(memoryBytes)}`;
}

function labels(node: Node): Html[] {
  return Object.entries(node.labels).map(
    ([key, value]) => html` <span class="label">${value === '' ? key : `${key}=${value}`}</span>`,
  );
}

function imageLine(node: Node): string {
  const images = [...new Set(node.containers.map(({ image }) => image))];
  if (images.length === 0) return '';
  const [only] = images;
  if (images.length > 1) return count(images.length, 'image');
  return only ? `image ${imageName(only)}` : '';
}

function bay(node: Node, kind: ContainerClass): Html {
  const slot = node.slots.find((one) => one.class === kind);
  const held = node.containers.filter((one) => one.class === kind);
  if (!slot || slot.max + held.length === 0) return html`<div class="bay ${kind} none"></div>`;
  const ordered = slotStates.flatMap((state) => held.filter((one) => one.state === state));
  const shown = Math.min(slot.free, freeSlotsShownMax);
  const rest = slot.free - shown;
  return html`<div class="bay ${kind}" role="img" aria-label="${baySentence(node, kind)}">${ordered.map(
    ({ id, state, session }) =>
      html`<i class="${state}" title="${kind}, ${slotWords[state]}: ${shortId(id)}${
        session ? ` for ${shortId(session)}` : ''
      }"></i>`,
  )}${Array.from({ length: shown }, () => html`<i class="free"></i>`)}${
    rest > 0 ? html`<span class="more">+${rest}</span>` : ''
  }</div>`;
}

/** `standard: 9 warm, 2 in use, 2 free`. */
export function baySentence(node: Node, kind: ContainerClass): string {
  const free = node.slots.find((one) => one.class === kind)?.free ?? 0;
  const held = (state: SlotState) =>
    state === 'free'
      ? free
      : node.containers.filter((one) => one.class === kind && one.state === state).length;
  const parts = slotStates
    .filter((state) => held(state) > 0)
    .map((state) => `${held(state)} ${slotWords[state]}`);
  return `${kind}: ${parts.length > 0 ? parts.join(', ') : 'no slots'}`;
}

function actions(node: Node): Html {
  const button = (act: string, text: string, look: string) =>
    html`<button type="button" class="small ${look}" data-act="${act}" data-node="${node.id}"
 aria-label="${text} ${titleOf(node)}">${text}</button>`;
  const isOut = node.state === 'draining' || node.state === 'quarantined';
  return html`${isOut ? button('return', 'Return', '') : button('drain', 'Drain', 'quiet')}${
    // A node that did not join by a command is not the operator's to remove here.
    node.address === null ? '' : button('remove', 'Remove', 'quiet danger')
  }`;
}

function details(node: Node, rack: Rack, view: RackView): Html {
  const joined = node.joinedAt
    ? `${node.name}, joined ${clockTime(node.joinedAt, rack.at, view.zone)} from ${node.address}. `
    : '';
  return html`<p class="muted">Engine ${node.engine}. ${joined}${classes.map((kind) => `${baySentence(node, kind)}. `).join('')}
<button type="button" class="link" data-act="events" data-node="${node.id}">Its events</button></p>
${rack.pool.wish ? nodeWish(node, rack.pool.wish) : ''}
${node.containers.length === 0 ? html`<p class="empty">It holds no container.</p>` : containers(node, rack, view)}`;
}

function nodeWish(node: Node, wish: PoolWish): Html {
  const own = wish.nodes[node.id] ?? {};
  const sized = (kind: ContainerClass) => node.slots.find((one) => one.class === kind);
  return html`<form class="wish" data-wish="${node.id}" data-keep>
<fieldset><legend>Only for this node</legend>
${classes.map((kind) => wishFields(kind, own[kind], sized(kind), `of ${titleOf(node)}`))}
<button class="small">Save</button> <small>Empty: as the whole pool.</small></fieldset>
<div role="alert" hidden></div></form>`;
}

function containers(node: Node, rack: Rack, view: RackView): Html {
  return html`<table><caption class="unseen">Containers of ${titleOf(node)}</caption>
<thead><tr><th scope="col">Container</th><th scope="col">Class</th><th scope="col">State</th><th scope="col">Session</th><th scope="col">Image</th><th scope="col">Since</th></tr></thead>
<tbody>${node.containers.map(
    ({ id, class: kind, state, session, image, createdAt }) => html`<tr id="row-${id}">
<th scope="row"><code>${id}</code></th><td>${kind}</td><td><i class="${state}"></i> ${slotWords[state]}</td>
<td>${session ? html`<code>${session}</code>` : ''}</td><td>${image && imageName(image)}</td><td>${clockTime(createdAt, rack.at, view.zone)}</td></tr>`,
  )}</tbody></table>`;
}
