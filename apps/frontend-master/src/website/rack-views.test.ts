import type { NodeEvent, Rack } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import { operatorPage } from './operator-page.ts';
import { changes, claimsChart, events, queue } from './rack-panels.ts';
import { poolForm, rollOut } from './rack-pool.ts';
import { baySentence, rackUnits } from './rack-units.ts';
import { clockTime, duration, firstView, imageName, memory } from './rack-words.ts';
import { sampleRack } from './sample-rack.ts';

const operator = { name: 'ada', isOperator: true };
const count = (text: string, part: string) => text.split(part).length - 1;
const mixed = sampleRack([
  { standard: ['warm', 'claimed', 'quarantined', 'warm', 'starting', 'gone'], burst: [] },
]);

const event = (id: number, node: string | null, sentence: string): NodeEvent =>
  ({
    id,
    at: mixed.at,
    kind: 'claimed',
    node,
    container: null,
    session: null,
    sentence,
  }) as NodeEvent;

describe('the rack as a picture', () => {
  it('has a slot for each container and each free place, those in use first', () => {
    const { html } = rackUnits(mixed, firstView);
    const bay = /class="bay standard"[\s\S]*?<\/div>/.exec(html)?.[0] ?? '';
    const slots = [...bay.matchAll(/<i class="(\w+)"/g)].map(([, state]) => state);
    expect(slots.slice(0, 6)).toEqual([
      'claimed',
      'warm',
      'warm',
      'starting',
      'quarantined',
      'gone',
    ]);
    expect(slots.slice(6)).toEqual(Array.from({ length: 7 }, () => 'free'));
    expect(count(html, 'class="bay burst"')).toBe(1);
  });

  it('says the same to who cannot see it', () => {
    const [node] = mixed.nodes;
    expect(baySentence(node!, 'standard')).toBe(
      'standard: 1 in use, 2 warm, 1 starting, 1 given up, 1 being destroyed, 7 free',
    );
    expect(rackUnits(mixed, firstView).html).toContain('aria-label="burst: 20 free"');
  });

  it('does not draw a thousand free places', () => {
    const wide = sampleRack([{}]);
    const slot = wide.nodes[0]!.slots[1]!;
    Object.assign(slot, { max: 999, free: 995 });
    const { html } = rackUnits(wide, firstView);
    expect(html).toContain('+955');
    expect(count(html, 'class="free"')).toBeLessThan(60);
  });

  it('offers what fits the state, and removing only to nodes that joined', () => {
    const { html } = rackUnits(
      sampleRack([{}, { state: 'draining' }, { state: 'quarantined', address: '10.0.0.3:2376' }]),
      firstView,
    );
    const acts = [...html.matchAll(/data-act="(\w+)" data-node="(\w+)"/g)].map(
      ([, act, node]) => `${act} ${node}`,
    );
    expect(acts.filter((act) => !act.startsWith('open'))).toEqual([
      'drain node0',
      'return node1',
      'return node2',
      'remove node2',
    ]);
  });

  it('says why a node is not ready, and shows details of those that are open alone', () => {
    const silent = sampleRack([{}, { state: 'unreachable', reason: 'Its <daemon> says nothing.' }]);
    const { html } = rackUnits(silent, { ...firstView, open: new Set(['node1']) });
    expect(html).toContain('Its &lt;daemon&gt; says nothing.');
    expect(count(html, '<tbody>')).toBe(1);
    expect(html).toContain('aria-expanded="true"');
    expect(html).toContain('data-wish="node1"');
  });

  it('is below 100 KB when it is first written, for 14 nodes of 33 slots', () => {
    const states = { standard: Array.from({ length: 13 }, () => 'claimed' as const) };
    const log = Array.from({ length: 200 }, (_, id) => event(id, 'node3', 'x'.repeat(90)));
    const full = sampleRack(
      Array.from({ length: 14 }, () => states),
      { events: log, lastEvent: 199 },
    );
    // Scripts and style sheets weigh some 42 KB, uncompressed.
    expect(Buffer.byteLength(operatorPage(operator, full))).toBeLessThan(55_000);
  });

  it('is drawn for no node, too', () => {
    expect(operatorPage(operator, sampleRack([]))).toContain('There is no compute node yet.');
  });
});

describe('the panels around it', () => {
  it('shows the newest event first, and those of one node', () => {
    const log = [event(1, 'node0', 'One.'), event(2, null, 'Two.'), event(3, 'node0', 'Three.')];
    const said = (eventsOf: string | null) =>
      [
        ...events(log, mixed.nodes, mixed.at, { ...firstView, eventsOf }).html.matchAll(
          /(\w+\.)<\/span><\/li>/g,
        ),
      ].map(([, sentence]) => sentence);
    expect(said(null)).toEqual(['Three.', 'Two.', 'One.']);
    expect(said('node0')).toEqual(['Three.', 'One.']);
    const again = [event(5, 'node0', 'Five.'), event(6, 'node0', 'Five.'), event(7, null, 'Five.')];
    const { html } = events(again, mixed.nodes, mixed.at, firstView);
    expect([...html.matchAll(/id="event-(\d+)"/g)].map(([, id]) => id)).toEqual(['7', '5']);
    expect(html).toContain('×2');
    const lost = { ...event(4, 'node0', 'Four.'), kind: 'node-lost' as const };
    const unusual = events([...log, lost], mixed.nodes, mixed.at, {
      ...firstView,
      isUnusualOnly: true,
    });
    expect(unusual.html.match(/<li/g)).toHaveLength(1);
    expect(events(log, mixed.nodes, mixed.at, { ...firstView, eventsOf: 'node9' }).html).toContain(
      'Nothing has happened on it yet.',
    );
  });

  it('draws a bar for each minute with claims, none of height 0', () => {
    const claims = Array.from({ length: 60 }, (_, minute) =>
      minute === 59 ? 1 : minute === 3 ? 45 : 0,
    );
    const { html } = claimsChart(claims);
    expect(count(html, '<rect')).toBe(2);
    expect(html).toContain('1 in the minute that runs, at most 45, 46 in all');
    expect(html).not.toContain('height="0"');
  });

  it('names who waits and for how long', () => {
    const waiting = sampleRack([{}], {
      queue: [
        {
          session: 'session_aaaaaaaaaaaaaaaaaaaa',
          position: 1,
          class: 'standard',
          waitedMs: 200_000,
        },
      ],
    } as unknown as Partial<Rack>);
    expect(queue(waiting).html).toContain('3 min 20 s');
    expect(queue(mixed).html).toContain('Nobody waits');
  });

  it('fills the form with what is wanted, and leaves the rest empty', () => {
    const wanted = sampleRack([{}]);
    Object.assign(wanted.pool, {
      wish: {
        classes: { burst: { warm: 2, max: 9 } },
        nodes: { node0: {} },
        image: null,
        refillPerMinute: 30,
      },
    });
    const { html } = poolForm(wanted);
    expect(html).toMatch(/name="burst.warm"[^>]*value="2"/);
    expect(html).toMatch(/name="standard.warm"[^>]*value=""/);
    expect(html).toContain('Of their own: node0');
  });

  it('shows how far an image is, and why it stopped', () => {
    const image = (change: object) => {
      const one = sampleRack([{}]);
      Object.assign(one.pool.image, { wanted: 'r:5000/a@sha256:aaaaaaaaaaaabbbb', ...change });
      return rollOut(one).html;
    };
    expect(image({ state: 'replacing', left: 5, sentence: 'One by one.' })).toContain('value="12"');
    const stopped = image({
      state: 'stopped',
      serving: 'r:5000/a:old',
      sentence: 'Its agent fell silent.',
    });
    expect(stopped).toContain('Its agent fell silent.');
    expect(stopped).toContain('a:old');
    expect(stopped).not.toContain('<progress');
  });

  it('tells a screen reader what changed between two looks', () => {
    const before = sampleRack([{}, {}]);
    const now = sampleRack([{ state: 'unreachable', reason: 'No answer.' }]);
    expect(changes(before, now)).toEqual(['node0 is silent. No answer.', 'node1 is removed.']);
    expect(changes(now, now)).toEqual([]);
  });
});

describe('words', () => {
  it.each([
    [400, '0.4 s'],
    [12_000, '12 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [4 * 86_400_000, '4 days'],
  ])('%i ms is %s', (ms, text) => expect(duration(ms)).toBe(text));

  it('writes sizes, times and images short', () => {
    expect(memory(512 * 1024 ** 2)).toBe('512 MB');
    expect(memory(128 * 1024 ** 3)).toBe('128 GB');
    expect(clockTime('2026-11-24T09:05:07Z', mixed.at, 'utc')).toBe('09:05:07');
    expect(clockTime('2026-11-20T09:05:07Z', mixed.at, 'utc')).toMatch(/20 Nov.*09:05:07/);
    expect(imageName('r:5000/joh@sha256:0123456789abcdef')).toBe('0123456789ab');
    expect(imageName('joh-session:dev')).toBe('joh-session:dev');
  });
});
