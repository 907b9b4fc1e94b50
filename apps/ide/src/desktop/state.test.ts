import { fault } from '@joh/protocol';
import { expect, it } from 'vitest';
import type { Calls } from './calls.ts';
import { followMovedState, loadKeyValues, stateDatabase } from './state.ts';

/** An agent that is there or not, and what it was told. */
function fakeAgent() {
  const agent = { isThere: true, told: [] as unknown[] };
  const call = (async (name: string, params: unknown) => {
    if (!agent.isThere) throw fault('E_AGENT_UNREACHABLE', { code: 0 });
    if (name === 'readState') return { items: { a: '1', editors: '["/one/lamp/top.v"]' } };
    agent.told.push(params);
    return {};
  }) as unknown as Calls;
  return { agent, call };
}

it('sends what the agent did not take with the next changes', async () => {
  const { agent, call } = fakeAgent();
  const database = stateDatabase(call, 'profile');
  agent.isThere = false;
  await database.updateItems({
    insert: new Map([
      ['x', '1'],
      ['y', '1'],
    ]),
  });
  await database.updateItems({ delete: new Set(['y']) });
  agent.isThere = true;
  await database.updateItems({ insert: new Map([['x', '2']]) });
  await database.updateItems({});
  expect(agent.told).toEqual([{ scope: 'profile', insert: { x: '2' }, remove: ['y'] }]);
});

it('has values at once, and sends each that changed', async () => {
  const { agent, call } = fakeAgent();
  const values = await loadKeyValues(call, 'page-1');
  expect(values.getItem('a')).toBe('1');
  expect(values.getItem('b')).toBeNull();
  values.setItem('a', '1');
  values.setItem('b', '2');
  expect(values.getItem('b')).toBe('2');
  expect(agent.told).toEqual([{ scope: 'page-1', insert: { b: '2' }, remove: [] }]);
});

it('brings what is remembered to where the project is now', async () => {
  const { agent, call } = fakeAgent();
  const storage = await loadKeyValues(call, 'page-1');
  const follow = (root: string) => followMovedState(call, { scope: 'folder-1', root, storage });
  await follow('/one/lamp');
  await follow('/one/lamp');
  agent.told.length = 0;
  await follow('/two/lamp');
  const insert = { editors: '["/two/lamp/top.v"]' };
  expect(agent.told).toContainEqual({ scope: 'folder-1', insert, remove: [] });
  agent.isThere = false;
  await follow('/three/lamp');
});
