import { readFileSync } from 'node:fs';
import type { ContainerId } from '@joh/protocol';
import { askEngine } from '@joh/testkit';
import type { Bench, BenchContext } from '../bench.ts';
import { childrenOf, memoryOf } from '../process-usage.ts';
import { median, percentile, sum } from '../statistics.ts';
import { type ContainerRack, startDockerRack } from './container-rack.ts';

/** More than a node of the design holds; the loop ends here even where memory is plenty. */
const most = 160;
const budgetMs = 130_000;
/** Left to the machine: nobody else's work is to be pushed out of memory. */
const availableMinMib = 3_000;
/** 26 at once took 3.5 s of a node's CPU; more side by side only makes each slower. */
const sideBySide = 4;
const settleMs = 10_000;
/** The node's memory for burst containers, in the design. */
const nodeMib = 20 * 1024;
/** Users of the session image: one for each container of a node. */
const usersMax = 512;

export const densityBench: Bench = {
  name: 'burst-density',
  summary:
    'Idle burst containers with live agents, until memory or time says stop: what each costs.',
  async run(context) {
    const { say, clock } = context;
    const rack = await startDockerRack(context);
    say(`up to ${most} containers`);
    const { ids, reason } = await fill(context, rack);
    await clock.sleep(settleMs);
    say(`${ids.length} run (${reason}); their memory`);
    const costs = await costsOf(rack.socketPath);
    const of = (kind: keyof (typeof costs)[number]) => costs.map((one) => Number(one[kind]));
    const ownMib = Math.max(median(of('privateMib')), median(of('cgroupMib')));
    const eachMib = ownMib + median(of('shimMib'));
    const byMemory = Math.floor(nodeMib / eachMib);
    const limit = byMemory > usersMax ? `the image’s ${usersMax} users` : 'memory';
    const uids = new Set(costs.map(({ uid }) => uid)).size;
    say('all of them away');
    await empty(rack, ids);
    const row = (name: string, values: number[]) => [
      name,
      median(values),
      percentile(values, 1),
      sum(values),
    ];
    return {
      tables: [
        {
          title: `${costs.length} idle burst containers, private MiB`,
          columns: ['what', 'p50', 'max', 'all'],
          rows: [
            row('agent, pty host and their supervisors', of('privateMib')),
            row('of that the agent', of('agentMib')),
            row('of that the pty host', of('hostMib')),
            row('the same as its cgroup counts it', of('cgroupMib')),
            row('the runtime’s shim on the node', of('shimMib')),
          ],
        },
      ],
      figures: [
        { name: 'burst_private', unit: 'MiB', value: median(of('privateMib')) },
        { name: 'burst_private_max', unit: 'MiB', value: percentile(of('privateMib'), 1) },
        { name: 'burst_on_the_node', unit: 'MiB', value: eachMib },
        { name: 'burst_running', unit: 'containers', value: costs.length },
        { name: 'burst_in_20_gib', unit: 'containers', value: Math.min(byMemory, usersMax) },
        { name: 'burst_distinct_uids', unit: 'users', value: uids },
      ],
      notes: [
        `Started ${sideBySide} at a time until one of three said stop: ${most} containers, ${budgetMs / 1000} s, or less than ${availableMinMib} MiB available. It was ${reason}.`,
        'Private: pages that no other process has (smaps_rollup), of all processes of a container; the pages of the node binary are shared by all. The cgroup counts its kernel memory and files in use too (usage without inactive files, as docker stats does). On the node: the greater of the two, with the shim.',
        `In 20 GiB: ${byMemory} by that memory; the limit is ${limit}. Each container runs as a user of its own, so inotify, which the kernel counts a user, is no limit. Containers that work use more: these are idle.`,
        `Real: dockerd, containers of the session image, agents that have registered and send a heartbeat every 5 s. Simulated: FrontendMaster, as far as an agent needs it to register. Idle: no session, no terminal.`,
      ],
    };
  },
};

async function fill({ clock }: BenchContext, { start }: ContainerRack) {
  const ids: ContainerId[] = [];
  const until = clock.monotonic() + budgetMs;
  let asked = 0;
  let reason = 'the number of containers';
  const more = async () => {
    while (asked < most) {
      if (availableMib() < availableMinMib) reason = 'memory';
      else if (clock.monotonic() > until) reason = 'time';
      if (reason !== 'the number of containers') return;
      asked += 1;
      ids.push((await start('burst')).id);
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, more));
  return { ids, reason };
}

async function empty({ engine }: ContainerRack, ids: readonly ContainerId[]): Promise<void> {
  const left = [...ids];
  const less = async () => {
    for (let id = left.pop(); id; id = left.pop()) {
      await engine.destroy(id, AbortSignal.timeout(60_000));
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, less));
}

/** What each running container has for itself. */
async function costsOf(socketPath: string) {
  const list = JSON.parse(await askEngine(socketPath, '/containers/json')) as { Id: string }[];
  const costs = [];
  for (const { Id } of list) {
    const { State } = JSON.parse(await askEngine(socketPath, `/containers/${Id}/json`));
    const pid = Number(State.Pid);
    const path = `/containers/${Id}/stats?stream=false&one-shot=true`;
    const { memory_stats: memory } = JSON.parse(await askEngine(socketPath, path));
    const inactive = memory.stats.total_inactive_file ?? memory.stats.inactive_file ?? 0;
    const pids = familyOf(pid);
    const named = (name: string) =>
      pids.filter((one) => readFileSync(`/proc/${one}/cmdline`, 'utf8').includes(name));
    const privateOf = (some: number[]) => sum(some.map((one) => memoryOf(one).private));
    costs.push({
      privateMib: privateOf(pids),
      cgroupMib: (memory.usage - inactive) / 2 ** 20,
      agentMib: privateOf(named('agent.js')),
      hostMib: privateOf(named('pty-host.js')),
      shimMib: memoryOf(parentOf(pid)).private,
      uid: /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1],
    });
  }
  return costs;
}

const familyOf = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(familyOf)];

const parentOf = (pid: number) =>
  Number(/^PPid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

const availableMib = () =>
  Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
