/** FrontendMaster as a process of its own, over a fake engine whose containers are simulated agents. */
import { temporaryFolder, waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { frontendFlags, startNode } from '../child.ts';
import { createSite, type Site } from '../opening/site.ts';
import type { FromAgents, FromFrontendMaster } from './messages.ts';

export interface Rack extends Site {
  frontendMasterPid: number;
  /** Where the simulated agents' own server listens, for those who do not come through FM. */
  agentPort: number;
  /** Which claims each container was prepared for. */
  prepared: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface RackOptions {
  /** Compute nodes of 28 cores and 128 GB: 13 standard containers each, and 4 burst ones. */
  nodes: number;
}

const startDeadlineMs = 120_000;

/** Starts it; its processes and folder go with the bench. */
export async function startRack(context: BenchContext, { nodes }: RackOptions): Promise<Rack> {
  const { cleanUp } = context;
  const folder = await temporaryFolder('joh-bench');
  cleanUp(folder.remove);
  const agents = await startNode('bench/src/rack/agents-main.ts');
  cleanUp(agents.end);
  const environment = {
    ...process.env,
    JOH_DATA: folder.path,
    JOH_HOST: '127.0.0.1',
    JOH_PORT: '0',
    JOH_LOG: 'warn',
    JOH_BENCH_NODES: String(nodes),
  };
  const main = 'bench/src/rack/frontend-main.ts';
  const frontendMaster = await startNode(main, environment, frontendFlags());
  cleanUp(frontendMaster.end);
  let url = '';
  let agentPort = 0;
  frontendMaster.onMessage((message) => {
    const told = message as FromFrontendMaster;
    if (told.kind === 'listening') url = told.url;
    else agents.send(told);
  });
  const prepared = new Map<string, Set<string>>();
  agents.onMessage((message) => {
    const told = message as FromAgents;
    if (told.kind === 'listening') agentPort = told.port;
    else {
      const claims = prepared.get(told.container) ?? new Set();
      prepared.set(told.container, claims.add(told.claim));
    }
  });
  const either = Promise.race([frontendMaster.ended, agents.ended]);
  const up = waitFor(() => url && agentPort, { deadlineMs: startDeadlineMs, what: 'FM listens' });
  await Promise.race([up, either]);
  return {
    ...createSite(context, url),
    frontendMasterPid: frontendMaster.pid,
    agentPort,
    prepared,
  };
}
