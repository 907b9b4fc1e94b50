/** FrontendMaster as a process of its own, over a fake engine whose containers are simulated agents. */
import { createFrontendClient, type FrontendClient } from '@joh/client';
import { temporaryFolder, waitFor } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';
import { startNode } from '../child.ts';
import type { FromAgents, FromFrontendMaster } from './messages.ts';

export interface Rack {
  url: string;
  frontendMasterPid: number;
  /** Where the simulated agents' own server listens, for those who do not come through FM. */
  agentPort: number;
  /** A user of their own, signed in. */
  signUp(name: string): Promise<{ client: FrontendClient; token: string }>;
  warm(client: FrontendClient): Promise<number>;
}

export interface RackOptions {
  /** Compute nodes of 28 cores and 128 GB: 13 standard containers each, and 4 burst ones. */
  nodes: number;
}

const startDeadlineMs = 120_000;

/** Starts it; its processes and folder go with the bench. */
export async function startRack(context: BenchContext, { nodes }: RackOptions): Promise<Rack> {
  const { clock, cleanUp } = context;
  const folder = await temporaryFolder('joh-bench');
  cleanUp(folder.remove);
  const agents = await startNode('bench/src/rack/agents-main.ts');
  cleanUp(agents.end);
  const frontendMaster = await startNode('bench/src/rack/frontend-main.ts', {
    ...process.env,
    JOH_DATA: folder.path,
    JOH_HOST: '127.0.0.1',
    JOH_PORT: '0',
    JOH_LOG: 'warn',
    JOH_BENCH_NODES: String(nodes),
  });
  cleanUp(frontendMaster.end);
  let url = '';
  let agentPort = 0;
  frontendMaster.onMessage((message) => {
    const told = message as FromFrontendMaster;
    if (told.kind === 'listening') url = told.url;
    else agents.send(told);
  });
  agents.onMessage((message) => {
    agentPort = (message as FromAgents).port;
  });
  const either = Promise.race([frontendMaster.ended, agents.ended]);
  const up = waitFor(() => url && agentPort, { deadlineMs: startDeadlineMs, what: 'FM listens' });
  await Promise.race([up, either]);
  const client = (token: string | null = null) =>
    createFrontendClient({ url, clock, token, fetch: (to, init) => fetch(to, init) });
  return {
    url,
    frontendMasterPid: frontendMaster.pid,
    agentPort,
    async signUp(name) {
      const one = client();
      const password = 'correct horse battery';
      const { token } = await one.signUp({ name, email: `${name}@example.com`, password });
      return { client: one, token };
    },
    async warm(one) {
      const { classes } = await one.pool();
      return classes.find((row) => row.class === 'standard')?.warm ?? 0;
    },
  };
}
