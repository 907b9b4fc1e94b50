import { startFakeFrontend } from '@joh/testkit';
import type { Bench, Figure } from '../bench.ts';
import { median, percentile } from '../statistics.ts';
import { bareNodeMemory, bareNodeStart } from './bare-node.ts';
import { startContainer } from './container.ts';
import { settledMemory } from './settled-memory.ts';

const startSamples = 10;
/** Each in turn; memory varies by a megabyte or two. */
const memorySamples = 3;

export const agentBench: Bench = {
  name: 'agent',
  summary: 'Start-up of the bundled agent, and idle memory of agent and pty host.',
  async run(context) {
    const { say, cleanUp } = context;
    const frontend = await startFakeFrontend();
    cleanUp(frontend.close);
    say(`${startSamples} starts`);
    const starts: number[] = [];
    const nodeStarts: number[] = [];
    for (let at = 0; at < startSamples; at += 1) {
      nodeStarts.push(await bareNodeStart(context));
      const container = await startContainer(context, frontend);
      starts.push(container.registeredMs);
      await container.end();
    }
    say('memory when settled');
    const memory = { agent: [] as Memories, host: [] as Memories, node: [] as Memories };
    for (let at = 0; at < memorySamples; at += 1) {
      const container = await startContainer(context, frontend);
      memory.agent.push(await settledMemory(context, container.agentPid));
      memory.host.push(await settledMemory(context, container.hostPid));
      await container.end();
      memory.node.push(await bareNodeMemory(context));
    }
    const of = (some: Memories, kind: keyof Memories[number]) =>
      median(some.map((one) => one[kind]));
    const row = (name: string, some: Memories) => [
      name,
      ...(['rss', 'pss', 'private'] as const).map((kind) => of(some, kind)),
    ];
    const figure = (name: string, unit: string, value: number, peerValue: number): Figure => ({
      ...{ name, unit, value, peer: 'bare node', peerValue },
    });
    const against = (name: string, some: Memories, kind: keyof Memories[number]) =>
      figure(name, 'MiB', of(some, kind), of(memory.node, kind));
    return {
      tables: [
        {
          title: 'Start, ms',
          columns: ['what', 'n', 'p50', 'max'],
          rows: [
            [
              'agent: process started to registered',
              starts.length,
              median(starts),
              percentile(starts, 1),
            ],
            [
              'node: process started to its first line',
              nodeStarts.length,
              median(nodeStarts),
              percentile(nodeStarts, 1),
            ],
          ],
        },
        {
          title: 'Idle memory, MiB (median of 3)',
          columns: ['process', 'rss', 'pss', 'private'],
          rows: [
            row('agent', memory.agent),
            row('pty host', memory.host),
            row('node', memory.node),
          ],
        },
      ],
      figures: [
        figure('agent_start', 'ms', median(starts), median(nodeStarts)),
        against('agent_rss', memory.agent, 'rss'),
        against('agent_private', memory.agent, 'private'),
        against('pty_host_rss', memory.host, 'rss'),
        against('pty_host_private', memory.host, 'private'),
      ],
      notes: [
        'Closed loop, one at a time. The agent and pty host are the bundles of apps/agent/dist, started as a warm container starts them, without a session and without a terminal.',
        'Settled: resident memory has changed by less than 0.25 MiB for 4 s.',
        'Private excludes pages shared with other processes of the same binary: it is what one more container costs.',
        'Simulated: FrontendMaster, as far as an agent needs it to register.',
      ],
    };
  },
};

type Memories = Awaited<ReturnType<typeof settledMemory>>[];
