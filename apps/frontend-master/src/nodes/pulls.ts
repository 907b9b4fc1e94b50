import { type Clock, withDeadline } from '@joh/clock';
import type { Engine } from '@joh/engine';
import type { NodeId } from '@joh/protocol';
import { type Backoff, createBackoff } from './backoff.ts';
import { reasonOf } from './census.ts';

/** Images on nodes, pulled ahead of their use. */
export interface Pulls {
  /** Images known to be on a node. */
  of(node: NodeId): ReadonlySet<string>;
  /** Why the last pull failed, in a sentence; null when none did since one succeeded. */
  problem(node: NodeId): string | null;
  /** Asks at once, does not wait; nothing while a node pulls or pauses after a failure. */
  start(image: string, node: NodeId): void;
  /** The node may be another one now: asks again what is on it. */
  forget(node: NodeId): void;
  /** Aborts what is under way and waits for it. */
  stop(): Promise<void>;
}

interface OnNode {
  images: Set<string>;
  running: Promise<void> | null;
  problem: string | null;
  retryAt: number;
  backoff: Backoff;
}

/** One pull a node at a time; nodes pull side by side. */
export function createPulls(options: {
  engine: Engine;
  clock: Clock;
  limits: { pullDeadlineMs: number; retryFirstMs: number; pullRetryMaxMs: number };
  onSettled(outcome: { node: NodeId; image: string; problem: string | null }): void;
}): Pulls {
  const { engine, clock, limits } = options;
  const nodes = new Map<NodeId, OnNode>();
  const stopping = new AbortController();
  const on = (node: NodeId): OnNode => {
    const known = nodes.get(node);
    if (known) return known;
    const backoff = createBackoff(limits.retryFirstMs, limits.pullRetryMaxMs);
    const made = { images: new Set<string>(), running: null, problem: null, retryAt: 0, backoff };
    nodes.set(node, made);
    return made;
  };
  const pull = async (image: string, node: NodeId, known: OnNode) => {
    try {
      await withDeadline(clock, limits.pullDeadlineMs, stopping.signal, (signal) =>
        engine.pull(image, node, signal),
      );
      known.images.add(image);
      known.backoff.succeeded();
      known.problem = null;
    } catch (error) {
      if (stopping.signal.aborted) return;
      known.problem = reasonOf(error);
      known.retryAt = clock.monotonic() + known.backoff.failed();
    } finally {
      known.running = null;
    }
    options.onSettled({ node, image, problem: known.problem });
  };
  return {
    of: (node) => on(node).images,
    problem: (node) => on(node).problem,
    start(image, node) {
      const known = on(node);
      if (known.running || clock.monotonic() < known.retryAt) return;
      if (!namesRegistry(image)) {
        known.images.add(image);
        options.onSettled({ node, image, problem: null });
        return;
      }
      known.running = pull(image, node, known);
    },
    forget(node) {
      const known = nodes.get(node);
      known?.images.clear();
      if (known) known.retryAt = 0;
    },
    async stop() {
      stopping.abort();
      await Promise.all([...nodes.values()].map(({ running }) => running));
    },
  };
}

/**
 * Reports whether an image is of a registry that is named: `host:port/name`. Any other is built on the
 * node itself; Docker would look for it in a public registry, where anybody may have put something. Pure.
 */
export function namesRegistry(image: string): boolean {
  const [host = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(host) || host === 'localhost');
}
