/** Cases of the conformance suite for engines of more than one node. */
import type { NodeId } from '@joh/protocol';
import { expect } from 'vitest';
import { bound, type World } from './conformance-world.ts';
import type { EngineEvent } from './engine.ts';

/** What was told last of a node's loss. */
export const lossOf = (node: NodeId, events: EngineEvent[]) =>
  events.filter((event) => !('container' in event) && event.node === node).at(-1)?.type;

export const casesOfNodes = {
  'lists node by node, and all together': async ({ engine, spec, twoNodes }) => {
    const [here, there] = await twoNodes();
    const [one, two] = [await spec({ node: here }), await spec({ node: there })];
    await Promise.all([engine.create(one, bound()), engine.create(two, bound())]);
    const ids = async (node?: NodeId) => (await engine.list(bound(), node)).map(({ id }) => id);
    expect(await ids(here)).toContain(one.id);
    expect(await ids(here)).not.toContain(two.id);
    expect(await ids(there)).toContain(two.id);
    expect(await ids()).toEqual(expect.arrayContaining([one.id, two.id]));
  },
  'destroys wherever it is, told the node or not': async ({ engine, spec, find, twoNodes }) => {
    const [, there] = await twoNodes();
    const [one, two] = [await spec({ node: there }), await spec({ node: there })];
    await Promise.all([engine.create(one, bound()), engine.create(two, bound())]);
    expect(await find(one.id)).toMatchObject({ node: there });
    await engine.destroy(one.id, bound());
    expect(await find(one.id)).toBeUndefined();
    await engine.destroy(two.id, bound(), there);
    expect(await find(two.id)).toBeUndefined();
    await Promise.all([one, two].map(({ id }) => engine.destroy(id, bound())));
  },
  'works on with the others while one node is silent': async (world) => {
    const { engine, spec, events, until, twoNodes } = world;
    const [here, there] = await twoNodes();
    const [one, two] = [await spec({ node: here }), await spec({ node: there })];
    await Promise.all([engine.create(one, bound()), engine.create(two, bound())]);
    await world.silence(there);
    const unreachable = { code: 'E_ENGINE_UNREACHABLE' };
    try {
      await until('the silence is told', async () => {
        const nodes = await engine.nodes(bound());
        expect(nodes.find(({ id }) => id === here)).toMatchObject({ reachable: true });
        return nodes.find(({ id }) => id === there)?.reachable === false;
      });
      await until('lost is told', () => lossOf(there, events) === 'lost');
      expect(lossOf(here, events)).not.toBe('lost');
      const next = await spec({ node: here });
      await engine.create(next, bound());
      expect((await engine.list(bound(), here)).map(({ id }) => id)).toContain(next.id);
      // Without the node, the one that had it is enough.
      await engine.destroy(next.id, bound());
      await engine.destroy(one.id, bound(), here);
      await expect(engine.list(bound())).rejects.toMatchObject(unreachable);
      await expect(engine.list(bound(), there)).rejects.toMatchObject(unreachable);
      await expect(engine.destroy(two.id, bound())).rejects.toMatchObject(unreachable);
      await expect(engine.create(await spec({ node: there }), bound())).rejects.toMatchObject(
        unreachable,
      );
    } finally {
      await world.answer(there);
    }
    await until('recovered is told', () => lossOf(there, events) === 'recovered');
    expect((await engine.list(bound(), there)).find(({ id }) => id === two.id)).toMatchObject({
      state: 'running',
    });
    await until('the node is back', async () =>
      (await engine.nodes(bound())).every(({ reachable }) => reachable),
    );
  },
} satisfies Record<string, (world: World) => Promise<void>>;

/** For the skips of kinds of one node. */
export const severalNodes = Object.keys(casesOfNodes) as (keyof typeof casesOfNodes)[];
