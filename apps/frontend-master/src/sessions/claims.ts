import type { Clock, Random } from '@joh/clock';
import type { ContainerClass, SessionId, UserId } from '@joh/protocol';
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
  nodes: Pick<Nodes, 'claim' | 'listClaimed' | 'release' | 'setQueued'>;
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

/**
 * Sessions that claim at once. The first few find out whether anything is warm at all; the others
 * share their commits.
 */
const firstWave = 8;
const wave = 64;

const nothing: ReadonlyMap<UserId, number> = new Map();

async function dispatchRound(options: ClaimsOptions): Promise<void> {
  const queued = await options.store.listQueued();
  // One alone is next, whatever it holds.
  const held = queued.length > 1 ? await options.store.countHeld() : nothing;
  const waiting = orderQueue(queued, held);
  const left: SessionRow[] = [];
  const round: Round = { ...options, empty: new Set(), held: heldOnce(options.nodes) };
  for (let at = 0; at < waiting.length; ) {
    const sessions = waiting.slice(at, at + (at === 0 ? firstWave : wave));
    at += sessions.length;
    // Asked in the queue's order, and served in the order of asking.
    const outcomes = await Promise.all(sessions.map((one) => claimFor(round, one)));
    left.push(...sessions.filter((_, i) => outcomes[i] === 'none'));
  }
  options.progress.setQueue(left.map(({ id }) => id));
  options.nodes.setQueued({
    standard: left.filter(({ wanted }) => wanted === 'standard').length,
    burst: left.filter(({ wanted }) => wanted === 'burst').length,
  });
}

interface Round extends ClaimsOptions {
  /** Classes of which none is warm. */
  empty: Set<ContainerClass>;
  held(session: SessionId): Promise<Container | undefined>;
}

/** Who holds what, looked up when somebody first asks. */
function heldOnce(nodes: Pick<Nodes, 'listClaimed'>): Round['held'] {
  let held: Promise<Map<SessionId | null, Container>> | null = null;
  return async (session) => {
    held ??= nodes.listClaimed().then((all) => new Map(all.map((one) => [one.session, one])));
    return (await held).get(session);
  };
}

async function claimFor(
  round: Round,
  session: SessionRow,
): Promise<'claimed' | 'none' | 'elsewhere'> {
  const { store, nodes, clock, random, onClaimed } = round;
  // When nothing is warm it may hold one all the same: claimed before a crash, and never told.
  const container = (await claimBest(round, session)) ?? (await round.held(session.id));
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
  { nodes, empty }: Pick<Round, 'nodes' | 'empty'>,
  session: SessionRow,
): Promise<Container | null> {
  const wanted =
    session.wanted === 'standard' ? (['standard', 'burst'] as const) : (['burst'] as const);
  const classes = wanted.filter((one) => !empty.has(one));
  if (classes.length === 0) return null;
  const container = await nodes.claim(session.id, classes, session.epoch + 1);
  if (!container) for (const one of classes) empty.add(one);
  return container;
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
