import type { Bench, BenchContext, Figure } from '../bench.ts';
import { startNginx } from '../nginx.ts';
import { startRack } from '../rack/rack.ts';
import { median, type Spread, spreadOf, sum } from '../statistics.ts';
import { bulkRound } from './bulk.ts';
import { echoRound } from './echo.ts';
import { type Line, openLinks } from './lines.ts';
import { openSession } from './session.ts';

const rounds = 3;
const bulk = { sockets: 4, bytesEach: 96 * 2 ** 20 };
const echo = { sockets: 16, perSecond: 100, burst: 4, messageBytes: 1024, durationMs: 6_000 };

/** What a line did in all its rounds. */
interface Measured {
  bulkCpuMsPerMb: number[];
  bulkMbPerSecond: number[];
  echoCpuMsPerMb: number[];
  /** Milliseconds of every message of every round. */
  echoMs: number[];
}

export const tunnelBench: Bench = {
  name: 'tunnel',
  summary: 'CPU and delay of FrontendMaster carrying links, against nginx and a direct socket.',
  async run(context) {
    const rack = await startRack(context, { nodes: 1 });
    const session = await openSession(rack);
    const nginx = await startNginx(context, websockets(rack.agentPort));
    const lines: Line[] = [
      { name: 'frontend master', ...session, pid: rack.frontendMasterPid },
      { name: 'nginx', url: `ws://127.0.0.1:${nginx.port}/`, headers: {}, pid: nginx.workerPid },
      { name: 'direct', url: `ws://127.0.0.1:${rack.agentPort}/`, headers: {}, pid: null },
    ];
    const measured = new Map(lines.map((line) => [line.name, nothingYet()]));
    // In turn, so that what else the machine does meets all of them.
    for (let round = 0; round < rounds; round += 1) {
      for (const line of lines) {
        context.say(`round ${round + 1} of ${rounds}: ${line.name}`);
        await measure(context, line, measured.get(line.name)!);
      }
    }
    return outcomeOf(measured);
  },
};

/** As nginx's manual sets it up for websockets. */
const websockets = (port: number) => `
  location / {
    proxy_pass http://127.0.0.1:${port};
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_read_timeout 300s;
  }`;

const nothingYet = (): Measured => ({
  bulkCpuMsPerMb: [],
  bulkMbPerSecond: [],
  echoCpuMsPerMb: [],
  echoMs: [],
});

async function measure(context: BenchContext, line: Line, into: Measured): Promise<void> {
  const links = await openLinks(context, line, Math.max(bulk.sockets, echo.sockets));
  const flood = await bulkRound(context, line, links.slice(0, bulk.sockets), bulk.bytesEach);
  into.bulkCpuMsPerMb.push(flood.cpuMsPerMb);
  into.bulkMbPerSecond.push(flood.mbPerSecond);
  const small = await echoRound(context, line, links.slice(0, echo.sockets), echo);
  into.echoCpuMsPerMb.push(small.cpuMsPerMb);
  into.echoMs.push(...small.delaysMs);
  for (const link of links) link.close();
}

function outcomeOf(measured: ReadonlyMap<string, Measured>) {
  const delays = (name: string): Spread => spreadOf(measured.get(name)!.echoMs);
  const of = (name: string, kind: Exclude<keyof Measured, 'echoMs'>) =>
    median(measured.get(name)![kind]);
  const fm = 'frontend master';
  const figure = (name: string, unit: string, value: number, peer: string, peerValue: number) =>
    ({ name, unit, value, peer, peerValue }) satisfies Figure;
  const cpu = (kind: 'bulkCpuMsPerMb' | 'echoCpuMsPerMb') =>
    [of(fm, kind), of('nginx', kind)] as const;
  const [bulkFm, bulkNginx] = cpu('bulkCpuMsPerMb');
  const [echoFm, echoNginx] = cpu('echoCpuMsPerMb');
  const names = [...measured.keys()];
  const perSecond = echo.sockets * echo.perSecond;
  return {
    tables: [
      {
        title: `Bulk: ${bulk.sockets} links, ${(bulk.bytesEach / 1e6).toFixed(0)} MB each towards the browser (median of ${rounds} rounds)`,
        columns: ['line', 'CPU ms/MB', 'MB/s'],
        rows: names.map((name) => [
          name,
          name === 'direct' ? '' : of(name, 'bulkCpuMsPerMb'),
          of(name, 'bulkMbPerSecond'),
        ]),
      },
      {
        title: `1 KB messages: ${echo.sockets} links, ${perSecond}/s in all, echoed (CPU: median of ${rounds} rounds)`,
        columns: ['line', 'CPU ms/MB', 'n', 'p50 ms', 'p99 ms', 'max ms'],
        rows: names.map((name) => {
          const { n, p50, p99, max } = delays(name);
          return [name, name === 'direct' ? '' : of(name, 'echoCpuMsPerMb'), n, p50, p99, max];
        }),
      },
    ],
    figures: [
      figure('tunnel_bulk_cpu', 'ms/MB', bulkFm, 'nginx', bulkNginx),
      figure('tunnel_small_cpu', 'ms/MB', echoFm, 'nginx', echoNginx),
      figure('tunnel_small_p50', 'ms', delays(fm).p50, 'nginx', delays('nginx').p50),
      figure('tunnel_small_p99', 'ms', delays(fm).p99, 'nginx', delays('nginx').p99),
      figure('direct_small_p99', 'ms', delays(fm).p99, 'direct', delays('direct').p99),
      figure(
        'tunnel_bulk_rate',
        'MB/s',
        of(fm, 'bulkMbPerSecond'),
        'nginx',
        of('nginx', 'bulkMbPerSecond'),
      ),
    ],
    notes: [
      'Bulk is a closed loop: the link’s own credit paces it, so its rate is the two ends’ own, and CPU per MB is what counts.',
      `1 KB messages are an open loop: a burst of ${echo.burst} on each link at scheduled times, spread over the links; the delay counts from the scheduled time of the burst to the echo.`,
      'The link batches small frames in every line alike. MB are 10^6 bytes of messages, both directions together; CPU is user and system of FrontendMaster’s process or of nginx’s one worker (/proc/<pid>/stat, ticks of 10 ms).',
      `Simulated: the agent (its link and its sockets are real). The same process serves all three lines. n: ${sum([...measured.values()].map(({ echoMs }) => echoMs.length))} echoes in all.`,
    ],
  };
}
