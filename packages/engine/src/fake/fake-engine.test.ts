import { systemClock } from '@joh/clock';
import { fault } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { describe, expect, it } from 'vitest';
import {
  type ConformanceCase,
  type ConformanceSubject,
  engineConformance,
  nixCases,
  severalNodes,
} from '../conformance.ts';
import type { ContainerSpec, EngineEvent } from '../engine.ts';
import { createFakeEngine } from './fake-engine.ts';
import { type Personality, personalities } from './personality.ts';
import { createFakeWorld, fakeNode } from './world.ts';

const clock = systemClock();

async function subject(personality: Personality): Promise<ConformanceSubject> {
  const world = createFakeWorld([fakeNode('fake'), fakeNode('other')]);
  const options = { clock, personality, world, slowMs: 20, flapMs: 400 };
  const engine = createFakeEngine(options);
  return {
    engine,
    another: async (installation) =>
      createFakeEngine({ ...options, installation: installation === 'same' ? 'fake' : 'strange' }),
    kill: async (id) => engine.exit(id, 'killed by signal 9'),
    silence: async (node) => engine.silence('the simulated daemon was stopped', node),
    answer: async (node) => engine.silence(null, node),
    images: { there: 'fake:other', missing: 'fake:missing' },
    close: async () => undefined,
  };
}

const creates: ConformanceCase[] = [
  ...severalNodes,
  'destroys on the node that is named, and asks no other',
  'makes an image present, and says which it runs',
  'lists what it created',
  'creates an id once',
  'creates many at once, and lists none as ended meanwhile',
  'leaves containers alone when it closes',
  'does not see another installation',
  'says why a container exited, and does not run it again',
  'tells what happens after watch resolved',
  'tells nothing once the watch is aborted',
  'says so when the daemon is silent, and recovers',
  'finds and destroys what an earlier process created',
];
const refuses: ConformanceCase[] = ['destroys, and again, and what never was'];

/** Exactly the cases that each sin breaks. `never` and `flapping` are about time: tested below. */
const sins: Partial<Record<Personality, ConformanceCase[]>> = {
  plain: [],
  slow: [],
  failing: [...creates, ...refuses, 'gives up when its signal aborts'],
  lying: creates,
  amnesiac: [
    'finds and destroys what an earlier process created',
    'leaves containers alone when it closes',
  ],
  duplicating: ['creates an id once', 'tells what happens after watch resolved'],
};

for (const [personality, broken] of Object.entries(sins)) {
  engineConformance({
    name: `fake, ${personality}`,
    create: () => subject(personality as Personality),
    waitMs: 300,
    skip: [
      ...broken.map((name) => ({
        case: name,
        reason: personalities[personality as Personality],
        sin: true as const,
      })),
      ...nixCases.map((name) => ({ case: name, reason: 'its containers run nothing' })),
    ],
  });
}

const spec = (id: string, change: Partial<ContainerSpec> = {}): ContainerSpec => ({
  id: `container_${id.padEnd(16, '0')}` as ContainerSpec['id'],
  node: 'fake' as ContainerSpec['node'],
  class: 'standard',
  resources: { cores: 4, memoryBytes: 8 * 2 ** 30 },
  environment: {},
  ...change,
});
const never = new AbortController().signal;

describe('fake engine', () => {
  it('never: a create ends at its bound with a fault, and made nothing', async () => {
    const fake = fakeClock();
    const engine = createFakeEngine({ clock: fake, personality: 'never' });
    const created = expect(engine.create(spec('a'), never)).rejects.toMatchObject({
      code: 'E_ENGINE_UNREACHABLE',
    });
    await fake.advance(60_000);
    await created;
    expect(await engine.list(never)).toEqual([]);
  });

  it('never: a create is cancelled by its signal', async () => {
    const engine = createFakeEngine({ clock: fakeClock(), personality: 'never' });
    const stop = new AbortController();
    const created = expect(engine.create(spec('a'), stop.signal)).rejects.toBe('enough');
    stop.abort('enough');
    await created;
  });

  it('flapping: answers, does not, answers again, and says lost and recovered', async () => {
    const fake = fakeClock();
    const engine = createFakeEngine({ clock: fake, personality: 'flapping' });
    const events: EngineEvent['type'][] = [];
    const watch = new AbortController();
    await engine.watch(({ type }) => events.push(type), watch.signal);
    await engine.create(spec('a'), never);
    await fake.advance(10_000);
    await expect(engine.list(never)).rejects.toMatchObject({ code: 'E_ENGINE_UNREACHABLE' });
    expect((await engine.nodes(never))[0]?.reachable).toBe(false);
    await fake.advance(10_000);
    expect(await engine.list(never)).toHaveLength(1);
    expect(events).toEqual(['started', 'lost', 'recovered']);
    watch.abort();
    await fake.settle();
    expect(fake.pending()).toBe(0);
  });

  it('a personality per class', async () => {
    const engine = createFakeEngine({ clock, personality: { burst: 'failing' } });
    await engine.create(spec('a'), never);
    await expect(engine.create(spec('b', { class: 'burst' }), never)).rejects.toMatchObject({
      code: 'E_ENGINE_REFUSED',
    });
    expect(engine.kind).toBe('fake:plain+failing');
  });

  it('runs a simulated agent per container, told of its end', async () => {
    const lives: { id: string; signal: AbortSignal; exit(reason: string): void }[] = [];
    const engine = createFakeEngine({
      clock,
      onCreate: ({ id }, life) => lives.push({ id, ...life }),
    });
    await engine.create(spec('a'), never);
    await engine.create(spec('b'), never);
    lives[1]?.exit('out of memory');
    expect(lives[1]?.signal.aborted).toBe(true);
    expect((await engine.list(never))[1]).toMatchObject({ reason: 'out of memory' });
    await engine.destroy(spec('a').id, never);
    expect(lives[0]?.signal.aborted).toBe(true);
  });

  it('duplicating: two agents come up with one token', async () => {
    const started: string[] = [];
    const engine = createFakeEngine({
      clock,
      personality: 'duplicating',
      onCreate: ({ id }) => started.push(id),
    });
    await engine.create(spec('a'), never);
    expect(started).toEqual([spec('a').id, spec('a').id]);
  });

  it('close ends what is under way', async () => {
    const engine = createFakeEngine({ clock: fakeClock(), personality: 'never' });
    const created = expect(engine.create(spec('a'), never)).rejects.toMatchObject(
      fault('E_ENGINE_REFUSED', { reason: 'the engine is closed' }),
    );
    await engine.close();
    await created;
  });
});
