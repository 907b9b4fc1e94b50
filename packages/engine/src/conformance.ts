/**
 * What every engine must do, as vitest tests: the same for the fake, child processes and real
 * daemons. A case that a kind cannot pass is named with the reason; it is then expected to fail
 * (`sin`) or not run at all.
 */
import { type ContainerId, isFault, type NodeId } from '@joh/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { casesOfNix } from './conformance-nix.ts';
import { casesOfNodes, lossOf } from './conformance-nodes.ts';
import { bound, type ConformanceSubject, type World, worldOf } from './conformance-world.ts';
import type { EngineContainer, EngineEvent } from './engine.ts';

export { nixCases } from './conformance-nix.ts';
export { severalNodes } from './conformance-nodes.ts';
export type { ConformanceSubject } from './conformance-world.ts';

export interface ConformanceOptions {
  name: string;
  /** Called once, before the cases; cases do not depend on one another. */
  create(): Promise<ConformanceSubject>;
  skip?: ConformanceSkip[];
  /** For one case. Default 20 s. */
  timeoutMs?: number;
  /** How long a case waits for a state to be reached. Default 5 s. */
  waitMs?: number;
  /** Runs the cases side by side, but those that silence a daemon: where each waits for one. */
  isConcurrent?: boolean;
}

export interface ConformanceSkip {
  case: ConformanceCase;
  reason: string;
  /** The engine sins here on purpose: the case is run and must fail. */
  sin?: true;
}

const names = (id: ContainerId, events: EngineEvent[]) =>
  events.flatMap((event) => ('container' in event && event.container === id ? [event.type] : []));

const cases = {
  ...casesOfNodes,
  ...casesOfNix,
  'describes its nodes': async ({ engine }) => {
    const nodes = await engine.nodes(bound());
    expect(nodes.length).toBeGreaterThan(0);
    for (const node of nodes) {
      expect(node).toMatchObject({ reachable: true, reason: null });
      expect(node.cores).toBeGreaterThan(0);
      expect(node.memoryBytes).toBeGreaterThan(64 * 2 ** 20);
      expect(node.isolation.note).toMatch(/^[A-Z].*\.$/);
      expect(node.labels).toBeTypeOf('object');
    }
    expect(await engine.nodes(bound())).toEqual(nodes);
    expect(['loopback', 'address', 'elsewhere']).toContain(
      (await engine.frontendReach(bound())).reach,
    );
  },
  'lists what it created': async ({ engine, spec, find }) => {
    const wanted = await spec({ class: 'burst' });
    await engine.create(wanted, bound());
    const found = await find(wanted.id);
    expect(found).toMatchObject({ node: wanted.node, class: 'burst', state: 'running' });
    expect(found?.reason).toBeNull();
    expect(found?.createdAtMs).toBeGreaterThan(1_600_000_000_000);
    const there = await engine.list(bound(), wanted.node);
    expect(there.map(({ id }) => id)).toContain(wanted.id);
    expect(await engine.list(bound(), 'nowhere' as NodeId)).toEqual([]);
  },
  'creates an id once': async ({ engine, spec, find }) => {
    const wanted = await spec();
    await engine.create(wanted, bound());
    const first = await find(wanted.id);
    await engine.create(wanted, bound());
    const twice = await spec();
    await Promise.all([engine.create(twice, bound()), engine.create(twice, bound())]);
    const twins = (await engine.list(bound())).filter(({ id }) => id === twice.id);
    expect(twins).toHaveLength(1);
    const all = (await engine.list(bound())).filter(({ id }) => id === wanted.id);
    expect(all).toEqual([first]);
  },
  'creates many at once, and lists none as ended meanwhile': async ({ engine, spec }) => {
    const wanted = await Promise.all([1, 2, 3, 4].map(() => spec()));
    const mine = new Set(wanted.map(({ id }) => id));
    const ended: EngineContainer[] = [];
    let under = true;
    const looking = (async () => {
      while (under) {
        const all = await engine.list(bound());
        ended.push(...all.filter(({ id, state }) => state === 'exited' && mine.has(id)));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    looking.catch(() => undefined);
    try {
      await Promise.all(wanted.map((one) => engine.create(one, bound())));
    } finally {
      under = false;
      await looking;
    }
    // Whoever reconciles meanwhile would take it for dead.
    expect(ended).toEqual([]);
    const ids = (await engine.list(bound()))
      .filter(({ state }) => state === 'running')
      .map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(wanted.map(({ id }) => id)));
    await Promise.all(wanted.map(({ id }) => engine.destroy(id, bound())));
  },
  'refuses a node it does not have': async ({ engine, spec, find }) => {
    const wanted = await spec({ node: 'nowhere' as NodeId });
    await expect(engine.create(wanted, bound())).rejects.toMatchObject({
      code: 'E_ENGINE_REFUSED',
      message: expect.stringContaining('nowhere'),
    });
    expect(await find(wanted.id)).toBeUndefined();
  },
  'refuses more than the node has': async ({ engine, spec, find }) => {
    const wanted = await spec();
    wanted.resources = { ...wanted.resources, cores: 4096 };
    await expect(engine.create(wanted, bound())).rejects.toSatisfy((error) =>
      isFault(error, 'E_ENGINE_REFUSED'),
    );
    expect(await find(wanted.id)).toBeUndefined();
  },
  'destroys, and again, and what never was': async ({ engine, spec, find }) => {
    const wanted = await spec();
    await engine.create(wanted, bound());
    await engine.destroy(wanted.id, bound());
    expect(await find(wanted.id)).toBeUndefined();
    await engine.destroy(wanted.id, bound());
    await engine.destroy((await spec()).id, bound());
  },
  'destroys on the node that is named, and asks no other': async ({ engine, spec, find }) => {
    const wanted = await spec();
    await engine.create(wanted, bound());
    await engine.destroy(wanted.id, bound(), 'nowhere' as NodeId);
    expect(await find(wanted.id)).toMatchObject({ state: 'running' });
    await engine.destroy(wanted.id, bound(), wanted.node);
    expect(await find(wanted.id)).toBeUndefined();
    await engine.destroy(wanted.id, bound(), wanted.node);
  },
  'makes an image present, and says which it runs': async ({ engine, spec, find, images }) => {
    const wanted = await spec(images ? { image: images.there } : {});
    await engine.pull(images?.there ?? 'any', wanted.node, bound());
    await expect(engine.pull('any', 'nowhere' as NodeId, bound())).rejects.toMatchObject({
      code: 'E_ENGINE_REFUSED',
    });
    await engine.create(wanted, bound());
    expect((await find(wanted.id))?.image).toBe(images?.there ?? null);
    await engine.destroy(wanted.id, bound());
    if (!images) return;
    const refused = { code: 'E_ENGINE_REFUSED', message: expect.stringContaining(images.missing) };
    await expect(engine.pull(images.missing, wanted.node, bound())).rejects.toMatchObject(refused);
    const next = await spec({ image: images.missing });
    await expect(engine.create(next, bound())).rejects.toMatchObject(refused);
    expect(await find(next.id)).toBeUndefined();
  },
  'finds and destroys what an earlier process created': async ({ engine, another, spec, find }) => {
    const wanted = await spec();
    await engine.create(wanted, bound());
    const next = await another('same');
    const found = await find(wanted.id);
    expect(found).toMatchObject({ state: 'running' });
    expect(await find(wanted.id, next)).toEqual(found);
    await next.create(wanted, bound());
    await next.destroy(wanted.id, bound());
    expect(await find(wanted.id)).toBeUndefined();
    await next.close();
  },
  'leaves containers alone when it closes': async ({ another, spec, find }) => {
    const wanted = await spec();
    const passing = await another('same');
    await passing.create(wanted, bound());
    await passing.close();
    expect(await find(wanted.id)).toMatchObject({ state: 'running' });
    await expect(passing.list(bound())).rejects.toThrow();
  },
  'does not see another installation': async ({ engine, another, spec, find }) => {
    const stranger = await another('strange');
    const wanted = await spec();
    await engine.create(wanted, bound());
    expect(await stranger.list(bound())).toEqual([]);
    await stranger.destroy(wanted.id, bound());
    expect(await find(wanted.id)).toMatchObject({ state: 'running' });
    await stranger.close();
  },
  'says why a container exited, and does not run it again': async (world) => {
    const { engine, spec, find, kill, until } = world;
    const wanted = await spec();
    await engine.create(wanted, bound());
    await kill(wanted.id);
    await until('the exit is listed', async () => (await find(wanted.id))?.state === 'exited');
    expect((await find(wanted.id))?.reason).toMatch(/\w{3,}/);
    await expect(engine.create(wanted, bound())).rejects.toMatchObject({
      code: 'E_ENGINE_REFUSED',
      message: expect.stringContaining('ended'),
    });
    await engine.destroy(wanted.id, bound());
    expect(await find(wanted.id)).toBeUndefined();
  },
  'tells what happens after watch resolved': async ({ engine, events, spec, kill, until }) => {
    const [one, two] = [await spec(), await spec()];
    await engine.create(one, bound());
    await engine.create(two, bound());
    await until('started is told', () => names(one.id, events).includes('started'));
    await kill(one.id);
    await until('exited is told', () => names(one.id, events).includes('exited'));
    await engine.destroy(one.id, bound());
    await engine.destroy(two.id, bound());
    await until('destroyed is told last', () =>
      [one, two].every(({ id }) => names(id, events).at(-1) === 'destroyed'),
    );
    expect(names(one.id, events)).toEqual(['started', 'exited', 'destroyed']);
  },
  'tells nothing once the watch is aborted': async ({ engine, events, spec, until }) => {
    const told: EngineEvent[] = [];
    const stop = new AbortController();
    await engine.watch((event) => told.push(event), stop.signal);
    stop.abort();
    const wanted = await spec();
    await engine.create(wanted, bound());
    await until('started is told', () => names(wanted.id, events).includes('started'));
    expect(told).toEqual([]);
  },
  'gives up when its signal aborts': async ({ engine, spec }) => {
    const reason = new DOMException('enough', 'AbortError');
    const gone = AbortSignal.abort(reason);
    const wanted = await spec();
    await expect(engine.nodes(gone)).rejects.toBe(reason);
    await expect(engine.create(wanted, gone)).rejects.toBe(reason);
    await expect(engine.list(gone)).rejects.toBe(reason);
    await expect(engine.destroy(wanted.id, gone)).rejects.toBe(reason);
    await expect(engine.watch(() => undefined, gone)).rejects.toBe(reason);
    const stop = new AbortController();
    const started = engine.create(wanted, stop.signal).catch((error: unknown) => error);
    stop.abort(reason);
    expect([undefined, reason]).toContain(await started);
  },
  'says so when the daemon is silent, and recovers': async (world) => {
    const { engine, events, spec, find, until } = world;
    const wanted = await spec();
    await engine.create(wanted, bound());
    await world.silence();
    const from = events.length;
    try {
      const unreachable = { code: 'E_ENGINE_UNREACHABLE' };
      await expect(engine.list(bound())).rejects.toMatchObject(unreachable);
      await expect(engine.create(await spec(), bound())).rejects.toMatchObject(unreachable);
      await expect(engine.destroy(wanted.id, bound())).rejects.toMatchObject(unreachable);
      const [node] = await engine.nodes(bound());
      expect(node).toMatchObject({ id: wanted.node, reachable: false });
      expect(node?.reason).toMatch(/\w{3,}/);
    } finally {
      await world.answer();
    }
    await until('lost is told', () => events.some(({ type }) => type === 'lost'));
    await until('recovered is told', () => lossOf(wanted.node, events.slice(from)) === 'recovered');
    expect(await find(wanted.id)).toMatchObject({ state: 'running' });
    await engine.create(wanted, bound());
    const next = await spec();
    await engine.create(next, bound());
    await until('told again', () => names(next.id, events).includes('started'));
  },
} satisfies Record<string, (world: World) => Promise<void>>;

export type ConformanceCase = keyof typeof cases;

/** Declares the suite for one engine. */
export function engineConformance(options: ConformanceOptions): void {
  const skips = new Map(options.skip?.map((skip) => [skip.case, skip]));
  describe(`engine conformance: ${options.name}`, () => {
    let world: World;
    const watching = new AbortController();
    const made = new Set<ContainerId>();
    beforeAll(async () => {
      const subject = await options.create();
      world = worldOf(subject, made, options.waitMs ?? 5_000);
      await subject.engine.watch((event) => world.events.push(event), watching.signal);
    });
    afterAll(async () => {
      if (!world) return;
      watching.abort();
      const { engine } = world;
      // A sinner may be unable; its subject removes the rest.
      await Promise.allSettled([...made].map((id) => engine.destroy(id, bound())));
      await engine.close();
      await world.close();
    });
    for (const [name, run] of Object.entries(cases)) {
      const skip = skips.get(name as ConformanceCase);
      const alone = options.isConcurrent && !name.includes('silent') ? it.concurrent : it;
      const declare = skip?.sin ? it.fails : skip ? it.skip : alone;
      const title = skip ? `${name} (${skip.sin ? 'must fail' : 'not run'}: ${skip.reason})` : name;
      declare(title, () => run(world), options.timeoutMs ?? 20_000);
    }
  });
}
