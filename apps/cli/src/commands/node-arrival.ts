/** Waiting for a machine on which the join command is being pasted. */
import type { Node } from '@joh/protocol';
import type { Context } from '../context.ts';

/** Between two looks; FrontendMaster itself asks its nodes every 5 s. */
const lookMs = 500;
/** A machine that joined answers within seconds: Docker's restart took 0.5 s, and FM looks every 5 s. */
const reachMs = 60_000;

/**
 * The node once FrontendMaster reaches it.
 * @param joinedBefore when it joined the last time: a node that joins again was there before
 * @param until when the join token expires, milliseconds since 1970
 * @throws Error that says what to look at, when it never comes or is not reached
 */
export async function awaitNode(
  { client, output, clock, signal }: Context,
  name: string,
  { joinedBefore, until }: { joinedBefore: string | null; until: number },
): Promise<Node> {
  let reachedBy = Number.POSITIVE_INFINITY;
  let said = '';
  for (;;) {
    const { nodes } = await client.nodes();
    const node = nodes.find(({ id }) => id === name);
    const hasJoined = node !== undefined && node.joinedAt !== joinedBefore;
    if (hasJoined && node.state !== 'unreachable') return node;
    if (hasJoined) reachedBy = Math.min(reachedBy, clock.now() + reachMs);
    const text = hasJoined
      ? `${name} has joined; FrontendMaster dials it.`
      : `Waiting for ${name}.`;
    if (text !== said) output.progress(text);
    said = text;
    if (clock.now() > reachedBy) throw new Error(describeSilence(name, node?.reason ?? null));
    if (clock.now() > until && !hasJoined) {
      throw new Error(
        `${name} did not join in time, and its token is worth nothing now. Nothing was changed. ` +
          'What the command printed on the machine says why; run `joh node join` again.',
      );
    }
    await clock.sleep(lookMs, signal);
  }
}

/** Why FrontendMaster does not reach a node, in the engine's words, which say what to do. Pure. */
export function describeSilence(name: string, reason: string | null): string {
  return [
    `${name} has joined, but FrontendMaster does not reach its Docker daemon.`,
    reason ?? 'Check that Docker runs on it, and that a firewall lets FrontendMaster in.',
    'It goes on trying: `joh nodes` shows the node as ready once it answers.',
  ].join('\n');
}
