/** Sessions in a rack: where they run, and what is done in them. */
import { connectAgent } from '@joh/client';
import { systemClock, systemRandom } from '@joh/clock';
import { askEngine, type ClusterNode, waitFor } from '@joh/testkit';
import { leftovers } from './leftovers.ts';
import type { Rack } from './rack.ts';

export interface RackSession {
  id: string;
  epoch: number;
  container: string;
  node: ClusterNode;
}

/** What the issue allows after each fault. */
const settleDeadlineMs = 30_000;
const readyDeadlineMs = 60_000;

/** Makes the hands with which a test uses a rack. */
export function rackSessions(rack: Rack) {
  const { operator, cluster } = rack;
  const { client } = operator;
  const live = new Set<string>();
  let projects = 0;

  const find = async (id: string): Promise<RackSession> => {
    const { nodes } = await client.nodes();
    const { epoch } = await client.sessions.get(id);
    for (const { name, containers } of nodes) {
      const row = containers.find(({ session, state }) => session === id && state === 'claimed');
      const node = cluster.nodes.find((one) => one.name === name);
      if (row && node) return { id, epoch, container: row.id, node };
    }
    throw new Error(`${id} holds no container`);
  };
  const open = async (): Promise<RackSession> => {
    projects += 1;
    const name = `project${projects}`;
    await client.projects.create({ name, template: 'empty' });
    const { id } = await client.sessions.create({ project: `${operator.name}/${name}` });
    live.add(id);
    await client.sessions.waitUntilReady(id, { deadlineMs: readyDeadlineMs });
    return find(id);
  };
  /** Ends it; whoever answers may be killed meanwhile, so it is asked until it is acknowledged. */
  const close = async (id: string): Promise<void> => {
    live.delete(id);
    const what = `${id} is closing`;
    await waitFor(() => client.sessions.remove(id).then(() => true), {
      ...{ deadlineMs: readyDeadlineMs, everyMs: 100, what },
    });
  };
  return {
    find,
    open,
    /** So many on one node; what else had to be opened for that is ended again. */
    async openTogether(count: number): Promise<RackSession[]> {
      const opened: RackSession[] = [];
      for (;;) {
        const next = await open();
        opened.push(next);
        const together = opened.filter(({ node }) => node === next.node);
        if (together.length < count) continue;
        await Promise.all(
          opened.filter((one) => one.node !== next.node).map(({ id }) => close(id)),
        );
        return together;
      }
    },
    close,
    /** Waits until its session has let go of its container, which is then being destroyed. */
    async letGo(id: string): Promise<void> {
      const isClosed = async () => (await client.sessions.get(id)).state === 'closed';
      await waitFor(isClosed, {
        deadlineMs: readyDeadlineMs,
        everyMs: 10,
        what: `${id} is closed`,
      });
    },
    async closeAll(): Promise<void> {
      await Promise.all([...live].map((id) => client.sessions.remove(id)));
      live.clear();
    },
    /** What a shell line writes in the session's working copy. */
    async sh(id: string, line: string): Promise<string> {
      const agent = await connectAgent({
        ...{ client, session: { id: id as never }, openSocket: client.openSocket },
        ...{ clock: systemClock(), random: systemRandom() },
        signal: AbortSignal.timeout(readyDeadlineMs),
      });
      try {
        let output = '';
        const hear = (data: Uint8Array) => {
          output += Buffer.from(data).toString('utf8');
        };
        const { exitCode } = await agent.run(
          { argv: ['sh', '-c', line] },
          { onStdout: hear, onStderr: hear },
        );
        if (exitCode !== 0) throw new Error(`${line}: ${exitCode}: ${output}`);
        return output.trim();
      } finally {
        agent.close();
      }
    },
    /** Its container's processes whose command line has `what` in it, by the machine's numbers. */
    async processes({ node, container }: Pick<RackSession, 'node' | 'container'>, what: string) {
      const filters = encodeURIComponent(JSON.stringify({ label: [`joh.container=${container}`] }));
      const ask = async (path: string) => JSON.parse(await askEngine(node.socketPath, path));
      const [{ Id }] = await ask(`/containers/json?filters=${filters}`);
      const { Processes } = await ask(`/containers/${Id}/top?ps_args=-eo+pid,args`);
      return (Processes as [string, string][])
        .filter(([, command]) => command.includes(what))
        .map(([pid]) => Number(pid));
    },
    /** Waits until nothing is left of the fault. */
    async settled(after: string, aside?: ClusterNode): Promise<void> {
      let left: string[] = [];
      const isClean = async () => {
        left = await leftovers(rack, [...live], aside);
        return left.length === 0;
      };
      const options = { deadlineMs: settleDeadlineMs, everyMs: 250, what: 'nothing is left' };
      await waitFor(isClean, options).catch((error: Error) => {
        const cause = String(error.cause ?? '');
        throw new Error(`30 s after ${after}: ${left.join('; ')} ${cause}\n${rack.product.log()}`);
      });
    },
  };
}
