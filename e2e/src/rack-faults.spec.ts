/** Each part of a rack is killed, or cut off, while containers are warm, claimed and closing. */
import { systemClock } from '@joh/clock';
import { waitFor } from '@joh/testkit';
import { expect, test } from '@playwright/test';
import { type Rack, startRack } from './rack.ts';
import { type RackSession, rackSessions } from './rack-sessions.ts';

const { sleep, monotonic } = systemClock();
test.setTimeout(600_000);

async function withRack(
  options: Parameters<typeof startRack>[0],
  work: (rack: Rack) => Promise<void>,
): Promise<void> {
  const rack = await startRack(options);
  try {
    await work(rack);
  } catch (error) {
    await rack.product.stop().catch(() => undefined);
    throw error;
  }
  await rack.product.stop();
}

test('a rack of Docker hosts bears the death of each part', async () => {
  const options = { nodes: 3, pool: 'standard=1/4,burst=0/0', toolchain: false };
  await withRack({ engine: 'docker', ...options }, async (rack) => {
    const { product } = rack;
    const hands = rackSessions(rack);
    const [stays, ...beside] = (await hands.openTogether(3)) as [RackSession, ...RackSession[]];
    const { node } = stays;
    /** Nobody took it away, and it can be used. */
    const goesOn = async () => {
      expect(await hands.find(stays.id)).toEqual(stays);
      expect(await hands.sh(stays.id, 'echo there')).toBe('there');
    };
    await hands.settled('the start');

    await test.step('FrontendMaster is killed', async () => {
      const closing = hands.close((await hands.open()).id);
      // In the middle of it.
      await sleep(20);
      await product.crash();
      await product.restart();
      await closing;
      await hands.settled('the death of FrontendMaster');
      await goesOn();
    });

    await test.step('agents are killed', async () => {
      const closes = await hands.open();
      const { nodes } = await rack.operator.client.nodes();
      const warm = nodes.flatMap(({ name, containers }) =>
        containers
          .filter(({ state }) => state === 'warm')
          .map(({ id }) => ({
            container: id,
            node: rack.cluster.nodes.find((one) => one.name === name) ?? node,
          })),
      )[0]!;
      const agents = await Promise.all(
        [stays, warm, closes].map((one) => hands.processes(one, 'agent.js')),
      );
      const closing = hands.close(closes.id);
      for (const pid of agents.flat()) process.kill(pid, 'SIGKILL');
      await closing;
      await hands.settled('the death of agents');
      await goesOn();
    });

    await test.step('a node’s dockerd is killed, and its sessions go on', async () => {
      const shell = await hands.processes(stays, 's6-svscan');
      const [ending, asking] = beside as [RackSession, RackSession];
      await hands.close(ending.id);
      await hands.letGo(ending.id);
      // While it destroys the one's container; the other's end is asked when nobody answers.
      await node.kill();
      const closing = hands.close(asking.id);
      await goesOn();
      await node.start();
      await closing;
      await hands.settled('the death of a dockerd');
      expect(await hands.processes(stays, 's6-svscan')).toEqual(shell);
      await goesOn();
    });

    await test.step('a node’s network is cut for 10 s, and no session is killed', async () => {
      node.cut();
      await sleep(10_000);
      node.heal();
      await hands.settled('10 s without a network');
      await goesOn();
    });

    await test.step('a node’s network is cut for 60 s: its session goes on elsewhere', async () => {
      const push = 'git add kept && git commit -qm kept && git push -q';
      await hands.sh(stays.id, `echo pushed >kept && ${push} && echo unsaved >lost`);
      const old = await hands.processes(stays, 's6-svscan');
      const cutAt = monotonic();
      node.cut();
      const moved = await waitFor(
        async () => {
          const now = await hands.find(stays.id);
          return now.epoch > stays.epoch && now;
        },
        { deadlineMs: 60_000, everyMs: 500, what: 'the session is claimed elsewhere' },
      );
      expect(moved.node).not.toBe(node);
      const { client } = rack.operator;
      await client.sessions.waitUntilReady(stays.id, { deadlineMs: 60_000 });
      expect(await hands.sh(stays.id, 'cat kept; ls lost 2>&1 || :')).toMatch(/^pushed\n.*lost/);
      await sleep(Math.max(0, 60_000 - (monotonic() - cutAt)));
      node.heal();
      await hands.settled('60 s without a network');
      expect(await hands.find(stays.id)).toEqual(moved);
      expect(old.filter((pid) => isRunning(pid))).toEqual([]);
    });

    await hands.closeAll();
    await hands.settled('the end');
  });
});

test('a Swarm bears the death of its manager', async () => {
  const options = { nodes: 3, pool: 'standard=1/4,burst=0/0', toolchain: false };
  await withRack({ engine: 'swarm', ...options }, async (rack) => {
    const hands = rackSessions(rack);
    const [manager] = rack.cluster.nodes;
    const away: RackSession[] = [];
    while (away.length < 3) {
      const next = await hands.open();
      if (next.node !== manager) away.push(next);
    }
    const [ends, closes, ...stay] = away;
    await hands.settled('the start');
    const ending = hands.close(ends!.id);
    // In the middle of it.
    await sleep(20);
    await manager?.kill();
    const closing = hands.close(closes!.id);
    for (const { id } of stay) expect(await hands.sh(id, 'echo there')).toBe('there');
    await manager?.start();
    await Promise.all([ending, closing]);
    // Docker 20.10 may be left with a network that it neither knows nor can make again ("network … exists").
    await hands.settled('the death of the manager’s dockerd', manager);
    // What ran on the manager's own machine died with its dockerd: that is Swarm's limit.
    for (const one of stay) expect(await hands.find(one.id)).toEqual(one);
    await hands.closeAll();
    await hands.settled('the end', manager);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
