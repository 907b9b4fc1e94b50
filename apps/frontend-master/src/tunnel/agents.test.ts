import type { ContainerId } from '@joh/protocol';
import { fault } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { expect, it } from 'vitest';
import { type AgentConnection, createAgentRegistry } from './agents.ts';

const container = 'container_one' as ContainerId;

/** An agent's socket that answers as told. */
function connection(close: () => Promise<unknown>): AgentConnection {
  return { rpc: { call: close }, terminate: () => undefined } as unknown as AgentConnection;
}

it('a call on a socket that broke a moment ago waits for the next one, and lets the process go on', async () => {
  const agents = createAgentRegistry({ clock: fakeClock(), limits: { agentReturnMs: 1_000 } });
  let calls = 0;
  // Its end is not known here before the event loop turns.
  const broken = connection(async () => {
    calls += 1;
    throw calls > 100 ? new Error('asked again and again') : fault('E_CHANNEL_CLOSED');
  });
  agents.add(container, broken);
  const closed = agents.close(container, 'closed', new AbortController().signal);
  await new Promise((resolve) => setImmediate(resolve));
  agents.remove(container, broken);
  agents.add(
    container,
    connection(async () => ({})),
  );
  await closed;
  expect(calls).toBe(1);
});
