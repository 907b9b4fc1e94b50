/** The operator's page: looks at the rack each second while someone sees it. */
import type { NodeEvent, Rack } from '@joh/protocol';
import morphdom from 'morphdom';
import { changes, isUnusual } from '../src/website/rack-panels.ts';
import { rackRegions } from '../src/website/rack-regions.ts';
import { clockTime, type RackView } from '../src/website/rack-words.ts';
import { announce } from './announcement.ts';
import { callApi, type ShownFault, showFault } from './fault.ts';
import { enhanceActions } from './operator-actions.ts';
import { enhanceJoin } from './operator-join.ts';
import { enhanceWishes } from './operator-wishes.ts';

/** Between an answer and the next question. */
const pauseMs = 1_000;
/** FM answers in milliseconds: after this it counts as silent. */
const answerMs = 5_000;
/** Everyday events and unusual ones that the page keeps, each: many claims push out no lost node. */
const eventsMax = 300;

const top = document.querySelector<HTMLElement>('[data-rack]');
if (top) watch(top);

function watch(page: HTMLElement): void {
  const open = new Set<string>();
  const view: RackView = { open, eventsOf: null, isUnusualOnly: false, zone: 'local' };
  let rack: Rack | null = null;
  let log: NodeEvent[] = [];
  let timer = 0;
  let isAsking = false;
  const draw = () => rack && write(rackRegions(rack, log, view));
  const look = async () => {
    clearTimeout(timer);
    if (isAsking || document.hidden) return;
    isAsking = true;
    const after = rack === null ? '' : `?after=${rack.lastEvent}`;
    const answer = await callApi<Rack>('GET', `/api/rack${after}`, undefined, answerMs);
    isAsking = false;
    if ('fault' in answer) {
      showSilence(page, answer.fault, rack, view);
      // Signed out, or no operator any more: asking again changes nothing.
      if (/^E_(ACCOUNT|OPERATOR)/.test(answer.fault.code)) return;
    } else {
      if (rack) announce(changes(rack, answer.value));
      // A FrontendMaster on another store counts from the start again.
      const isAnother = rack !== null && answer.value.lastEvent < rack.lastEvent;
      rack = answer.value;
      log = keepEvents(isAnother ? rack.events : [...log, ...rack.events]);
      showLife(page, rack, view);
      draw();
      joins.see(rack);
    }
    timer = setTimeout(look, pauseMs);
  };
  const parts = { rack: () => rack, look };
  const joins = enhanceJoin();
  enhanceActions({
    ...parts,
    toggle(node) {
      if (!open.delete(node)) open.add(node);
      draw();
    },
    showEvents(node) {
      view.eventsOf = node;
      draw();
      document.getElementById('events')?.focus();
    },
    join: joins.open,
  });
  enhanceWishes(parts);
  document.getElementById('event-filter')?.addEventListener('change', (event) => {
    view.eventsOf = (event.target as HTMLSelectElement).value || null;
    draw();
  });
  document.getElementById('event-unusual')?.addEventListener('change', (event) => {
    view.isUnusualOnly = (event.target as HTMLInputElement).checked;
    draw();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) showPause(page);
    void look();
  });
  void look();
}

function keepEvents(all: readonly NodeEvent[]): NodeEvent[] {
  const kept = new Set(
    [true, false].flatMap((unusual) =>
      all.filter((event) => isUnusual(event) === unusual).slice(-eventsMax),
    ),
  );
  return all.filter((event) => kept.has(event));
}

/** Changes what differs, so that focus, selection and what is being typed stay. */
function write(regions: ReturnType<typeof rackRegions>): void {
  for (const [id, { html }] of Object.entries(regions)) {
    const element = document.getElementById(id);
    if (!element || written.get(id) === html) continue;
    written.set(id, html);
    const next = element.cloneNode(false) as HTMLElement;
    next.innerHTML = html;
    morphdom(element, next, {
      childrenOnly: true,
      // What an operator is changing is theirs until it is saved or undone.
      onBeforeElUpdated: (from, to) => !isBeingEdited(from) && !from.isEqualNode(to),
    });
  }
}
const written = new Map<string, string>();

function isBeingEdited(element: HTMLElement): boolean {
  return (
    'edited' in element.dataset || (element.id === 'event-filter' && element.matches(':focus'))
  );
}

function showLife(page: HTMLElement, rack: Rack, view: RackView): void {
  page.classList.remove('stale');
  setFresh('live', `Live · ${clockTime(rack.at, rack.at, view.zone)}`);
  const notice = document.getElementById('notice');
  if (notice) notice.hidden = true;
}

function showPause(page: HTMLElement): void {
  if (!page.classList.contains('stale')) setFresh('', 'Paused while nobody looks');
}

function showSilence(
  page: HTMLElement,
  fault: ShownFault,
  rack: Rack | null,
  view: RackView,
): void {
  const notice = document.getElementById('notice');
  const since = rack ? ` What you see is of ${clockTime(rack.at, rack.at, view.zone)}.` : '';
  const isOffline = fault.code === 'offline';
  const shown = isOffline
    ? {
        ...fault,
        message: 'FrontendMaster does not answer.',
        kept: `Sessions go on without it.${since}`,
        todo: 'This page asks again every second.',
      }
    : fault;
  // Said once: an alert that is written again each second is read again each second.
  if (notice && (notice.hidden || notice.dataset.code !== fault.code)) showFault(notice, shown);
  page.classList.add('stale');
  setFresh('stale', isOffline ? 'No answer' : 'Stopped');
}

function setFresh(state: string, text: string): void {
  const fresh = document.getElementById('fresh');
  const label = document.getElementById('fresh-text');
  if (fresh) fresh.className = `fresh ${state}`;
  if (label) label.textContent = text;
}
