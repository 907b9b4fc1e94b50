import { type Clock, withDeadline } from '@joh/clock';
import type { Engine, EngineContainer, EngineNode } from '@joh/engine';
import { isFault, type NodeId } from '@joh/protocol';
import { type Backoff, createBackoff } from './backoff.ts';
import type { ListedContainer } from './plan.ts';

/** What the engine says there is, node by node. */
export interface Census {
  /** Looks at every node that is not in its pause after a failure. Never rejects, unless aborted. */
  take(signal: AbortSignal): Promise<CensusResult>;
  /** The next `take` asks for the nodes again. */
  invalidate(): void;
}

export interface CensusResult {
  nodes: readonly CensusNode[];
  listed: readonly ListedContainer[];
  /** Why the engine as a whole cannot be used; null when it can. */
  problem: string | null;
}
export interface CensusNode extends EngineNode {
  /** Whether its list was had just now. */
  isListed: boolean;
}

export interface CensusOptions {
  engine: Engine;
  clock: Clock;
  /** The nodes are others than at the last look, or in another state. */
  onNodes?(): void;
  limits: {
    nodesDeadlineMs: number;
    listDeadlineMs: number;
    nodesIntervalMs: number;
    retryFirstMs: number;
    retryMaxMs: number;
  };
}

interface Asked {
  backoff: Backoff;
  retryAt: number;
  reason: string | null;
}

/** Asks an engine, remembering which nodes failed and when to ask them again. */
export function createCensus({ engine, clock, limits, onNodes }: CensusOptions): Census {
  let nodes: EngineNode[] = [];
  let nodesAt = Number.NEGATIVE_INFINITY;
  const fresh = (): Asked => ({
    backoff: createBackoff(limits.retryFirstMs, limits.retryMaxMs),
    retryAt: Number.NEGATIVE_INFINITY,
    reason: null,
  });
  const whole = fresh();
  const perNode = new Map<NodeId, Asked>();

  const ask = async <T>(
    asked: Asked,
    deadlineMs: number,
    signal: AbortSignal,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | null> => {
    if (clock.monotonic() < asked.retryAt) return null;
    try {
      const answer = await withDeadline(clock, deadlineMs, signal, call);
      asked.backoff.succeeded();
      asked.retryAt = Number.NEGATIVE_INFINITY;
      asked.reason = null;
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      asked.retryAt = clock.monotonic() + asked.backoff.failed();
      asked.reason = reasonOf(error);
      return null;
    }
  };
  let refreshing: Promise<void> | null = null;
  const refresh = async (signal: AbortSignal) => {
    const before = stamp(nodes, whole);
    const answer = await ask(whole, limits.nodesDeadlineMs, signal, (inner) => engine.nodes(inner));
    if (answer) {
      nodes = answer;
      nodesAt = clock.monotonic();
    }
    if (stamp(nodes, whole) !== before) onNodes?.();
  };
  /** In the background once they are known: a node that is silent must not hold up the others. */
  const refreshNodes = async (signal: AbortSignal) => {
    if (clock.monotonic() - nodesAt >= limits.nodesIntervalMs) {
      refreshing ??= refresh(signal).finally(() => {
        refreshing = null;
      });
      refreshing.catch(() => undefined);
    }
    if (nodes.length === 0) await refreshing;
  };
  const listNode = async (node: EngineNode, signal: AbortSignal) => {
    if (!node.reachable) return { node: { ...node, isListed: false }, listed: [] };
    const asked = perNode.get(node.id) ?? fresh();
    perNode.set(node.id, asked);
    const answer = await ask(asked, limits.listDeadlineMs, signal, (inner) =>
      engine.list(inner, node.id),
    );
    const isListed = answer !== null;
    const reason = isListed ? node.reason : asked.reason;
    return {
      node: { ...node, reachable: isListed, reason, isListed },
      listed: (answer ?? []).map(toListed),
    };
  };

  return {
    invalidate() {
      nodesAt = Number.NEGATIVE_INFINITY;
    },
    async take(signal) {
      await refreshNodes(signal);
      // An engine that stopped answering makes every node unreachable, not absent.
      const known = whole.reason === null ? nodes : nodes.map((node) => withReason(node, whole));
      const answers = await Promise.all(known.map((node) => listNode(node, signal)));
      return {
        nodes: answers.map(({ node }) => node),
        listed: answers.flatMap(({ listed }) => listed),
        problem: problemOf(
          whole,
          answers.map(({ node }) => node),
        ),
      };
    },
  };
}

/** A sentence about a failure of an engine, for people. */
export function reasonOf(error: unknown): string {
  if (isFault(error)) return error.message;
  return error instanceof Error ? error.message : String(error);
}

/** What makes a difference to a look. */
function stamp(nodes: readonly EngineNode[], { reason }: Asked): string {
  return JSON.stringify([reason, nodes]);
}

function withReason(node: EngineNode, whole: Asked): EngineNode {
  return { ...node, reachable: false, reason: whole.reason };
}

function toListed({ id, node, state, reason }: EngineContainer): ListedContainer {
  return { id, node, isRunning: state === 'running', reason };
}

function problemOf(whole: Asked, nodes: readonly CensusNode[]): string | null {
  if (whole.reason !== null) return whole.reason;
  if (nodes.some((node) => node.isListed)) return null;
  if (nodes.length === 0) return 'The engine has no node.';
  return nodes.map((node) => `${node.name}: ${node.reason ?? 'it does not answer'}`).join(' ');
}
