import type { NodeId } from '@joh/protocol';

/** What went wrong one after the other, by node and by image. In memory: another process starts afresh. */
export interface Failures {
  /** A container was not made, or did not register. */
  failed(failure: { node: NodeId; image: string | null; reason: string }): void;
  /** One registered. */
  succeeded(success: { node: NodeId; image: string | null }): void;
  ofNode(node: NodeId): Run;
  ofImage(image: string): Run;
  /** Whether a container of it registered. */
  isProven(image: string): boolean;
  forgetNode(node: NodeId): void;
  forgetImage(image: string): void;
}

export interface Run {
  count: number;
  /** Of the last one, in a sentence without its full stop. */
  reason: string;
}

const none: Run = { count: 0, reason: 'nothing failed' };

/** Pure but for its own counts. */
export function createFailures(): Failures {
  const nodes = new Map<NodeId, Run>();
  const images = new Map<string, Run>();
  const proven = new Set<string>();
  const add = <K>(runs: Map<K, Run>, key: K, reason: string) =>
    void runs.set(key, { count: (runs.get(key)?.count ?? 0) + 1, reason });
  return {
    failed({ node, image, reason }) {
      const plain = reason.replace(/[.\s]+$/, '');
      add(nodes, node, plain);
      if (image !== null) add(images, image, plain);
    },
    succeeded({ node, image }) {
      nodes.delete(node);
      if (image === null) return;
      images.delete(image);
      proven.add(image);
    },
    ofNode: (node) => nodes.get(node) ?? none,
    ofImage: (image) => images.get(image) ?? none,
    isProven: (image) => proven.has(image),
    forgetNode: (node) => void nodes.delete(node),
    forgetImage(image) {
      images.delete(image);
      proven.delete(image);
    },
  };
}
