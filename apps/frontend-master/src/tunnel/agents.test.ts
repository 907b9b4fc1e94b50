import { systemClock } from '@joh/clock';
import { type ContainerId, fault, type Prepare } from '@joh/protocol';
import { expect, it } from 'vitest';
import { type AgentConnection, createAgentRegistry } from './agents.ts';

const id = 'container_1' as ContainerId;
const signal = () => AbortSignal.timeout(10_000);

function connectionThat(call: () => Promise<{ root: string }>) {
  let ends = 0;
  const rpc = { call } as unknown as AgentConnection['rpc'];
  const terminate = () => {
    ends += 1;
  };
  return { connection: { rpc, terminate } satisfies AgentConnection, ends: () => ends };
}

it('asks a broken socket once, and its successor, without holding up the process', async () => {
  const registry = createAgentRegistry({ clock: systemClock(), limits: { agentReturnMs: 5_000 } });
  let calls = 0;
  const broken = connectionThat(async () => {
    calls += 1;
    throw fault('E_CHANNEL_CLOSED');
  });
  registry.add(id, broken.connection);
  const prepared = registry.prepare(id, {} as Prepare, signal());
  // Its end is told only when the event loop turns.
  await new Promise((resolve) => setImmediate(resolve));
  expect([calls, broken.ends()]).toEqual([1, 1]);
  registry.add(id, connectionThat(async () => ({ root: '/work' })).connection);
  expect(await prepared).toEqual({ root: '/work' });
});

it('says that the agent cannot be reached when no successor comes', async () => {
  const registry = createAgentRegistry({ clock: systemClock(), limits: { agentReturnMs: 20 } });
  const refusing = connectionThat(() => Promise.reject(fault('E_CHANNEL_CLOSED')));
  registry.add(id, refusing.connection);
  await expect(registry.prepare(id, {} as Prepare, signal())).rejects.toMatchObject({
    code: 'E_AGENT_UNREACHABLE',
  });
});
