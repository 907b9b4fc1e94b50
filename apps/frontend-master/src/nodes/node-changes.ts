import type { NodeId, NodeState } from '@joh/protocol';
import type { Telling } from './events.ts';

/** A node as the last look saw it. */
export interface SeenNode {
  id: NodeId;
  name: string;
  state: NodeState;
  reason: string | null;
}

/** What happened to nodes between two looks, in sentences. Pure. */
export function tellNodeChanges(
  before: readonly SeenNode[],
  after: readonly SeenNode[],
): Telling[] {
  return after.flatMap((node) => {
    const was = before.find(({ id }) => id === node.id)?.state;
    const kind = was === node.state ? null : kindOf(was, node.state);
    if (kind === null) return [];
    const sentences: Record<typeof kind, string> = {
      'node-lost': `${node.name} does not answer: ${plain(node.reason)}. Its sessions go on while their agents are heard; those whose agents are silent for long move.`,
      'node-returned': `${node.name} is in service${was === undefined ? '' : ' again'}; what was left on it of containers given up is destroyed.`,
      'node-drained': `${node.name} is being drained by an operator: its sessions go on, and nothing new is started.`,
      'node-quarantined': `${node.name} is in quarantine: ${plain(node.reason)}.`,
    };
    return [{ kind, node: node.id, sentence: sentences[kind] }];
  });
}

function kindOf(was: NodeState | undefined, is: NodeState) {
  if (is === 'ready') return 'node-returned';
  if (is === 'draining') return was === 'unreachable' ? null : 'node-drained';
  return is === 'quarantined' ? 'node-quarantined' : 'node-lost';
}

function plain(reason: string | null): string {
  return (reason ?? 'it says nothing').replace(/[.\s]+$/, '');
}
