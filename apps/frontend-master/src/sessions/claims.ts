import type { Clock, Random } from '@joh/clock';
import type { SessionId } from '@joh/protocol';
import type { Container, Nodes } from '#nodes';
import { orderQueue, type SessionRow } from './model.ts';
import type { Progress } from './progress.ts';
import type { SessionStore } from './store.ts';

/** Hands containers to waiting sessions, in the queue's order. */
export interface Claims {
  /** Resolves after a round that began after this call. */
  dispatch(): Promise<void>;
}

export interface ClaimsOptions {
  store: SessionStore;
  nodes: Pick<Nodes, 'claim' | 'findBySession' | 'release' | 'setQueued'>;
  clock: Clock;
  random: Random;
  progress: Progress;
  /** A session holds a container; `waitedMs` since it was queued. */
  onClaimed(session: SessionRow, waitedMs: number): void;
}

/** One round at a time; a call during a round makes another one follow. */
export function createClaims(options: ClaimsOptions): Claims {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const run = (): Promise<void> => {
    const round = dispatchRound(options).finally(() => {
      if (running === round) running = null;
    });
    running = round;
    return round;
  };
  return {
    dispatch() {
      if (!running) return run();
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = null;
          return run();
        });
      return next;
    },
  };
}

async function dispatchRound(options: ClaimsOptions): Promise<void> {
  const waiting = orderQueue(await options.store.listQueued());
  const left: SessionRow[] = [];
  const empty = new Set<string>();
  for (const session of waiting) {
    const claimed = await claimFor(options, session, empty);
    if (claimed === 'none') left.push(session);
  }
  options.progress.setQueue(left.map(({ id }) => id));
  options.nodes.setQueued({
    standard: left.filter(({ wanted }) => wanted === 'standard').length,
    burst: left.filter(({ wanted }) => wanted === 'burst').length,
  });
}

async function claimFor(
  { store, nodes, clock, random, onClaimed }: ClaimsOptions,
  session: SessionRow,
  empty: Set<string>,
): Promise<'claimed' | 'none' | 'elsewhere'> {
  // It may hold one already: claimed before a crash, and never told.
  const container =
    (await nodes.findBySession(session.id)) ?? (await claimBest(nodes, session, empty));
  if (!container) return 'none';
  const epoch = container.epoch ?? session.epoch + 1;
  const claimed = await store.enter(session, 'preparing', clock.now(), {
    container: container.id,
    class: container.class,
    epoch,
    root: null,
    ticketKey: Buffer.from(random.bytes(32)).toString('base64url'),
  });
  if (claimed) {
    onClaimed(claimed, clock.now() - session.queuedAt);
    return 'claimed';
  }
  await letGo({ store, nodes }, session.id, container);
  return 'elsewhere';
}

/** The wanted class; a burst container when no standard one is warm. */
async function claimBest(
  nodes: Pick<Nodes, 'claim'>,
  session: SessionRow,
  empty: Set<string>,
): Promise<Container | null> {
  const kinds =
    session.wanted === 'standard' ? (['standard', 'burst'] as const) : (['burst'] as const);
  for (const kind of kinds) {
    if (empty.has(kind)) continue;
    const container = await nodes.claim(session.id, kind, session.epoch + 1);
    if (container) return container;
    empty.add(kind);
  }
  return null;
}

/** The session ended, or another FM was first: a container that it does not name is let go. */
async function letGo(
  { store, nodes }: Pick<ClaimsOptions, 'store'> & { nodes: Pick<Nodes, 'release'> },
  id: SessionId,
  container: Container,
): Promise<void> {
  const now = await store.find(id);
  const mayAdopt = now?.state === 'queued';
  if (now?.container === container.id || mayAdopt) return;
  await nodes.release(container.id, 'its session had ended');
}
