import { type Clock, createTurns, type Turns, withDeadline } from '@joh/clock';
import { type ContainerId, type Fault, fault, isFault } from '@joh/protocol';
import type { Nodes } from '#nodes';
import type { Logger } from '#platform';
import type { SessionRow, Step } from './model.ts';
import type { Neighbours } from './neighbours.ts';
import type { Progress } from './progress.ts';
import type { SessionStore } from './store.ts';
import { claimed } from './view.ts';

/** Carries out one step of a session. Each may be carried out twice; a crash leaves it to be redone. */
export interface Steps {
  /** @returns whether there may be more to do at once */
  run(session: SessionRow, step: Step, signal: AbortSignal): Promise<boolean>;
}

export interface StepsOptions extends Neighbours {
  store: SessionStore;
  nodes: Pick<Nodes, 'find' | 'release' | 'quarantine'>;
  clock: Clock;
  logger: Logger;
  progress: Progress;
  limits: { prepareDeadlineMs: number; closeDeadlineMs: number; repositoryLooksMax: number };
  /** The session waits in the queue again. */
  onQueued(): void;
}

interface Parts extends StepsOptions {
  /** Starting git holds up the whole process a millisecond: claims come in between. */
  turns: Turns;
}

export function createSteps(given: StepsOptions): Steps {
  const options = { ...given, turns: createTurns(given.limits.repositoryLooksMax) };
  return {
    async run(session, step, signal) {
      switch (step.kind) {
        case 'prepare':
          return prepare(options, session, step.container, signal);
        case 'again':
          return again(options, session, step);
        case 'fail':
          return fail(options, session, step.code);
        case 'close':
          return close(options, session, step.container, signal);
        default:
          return false;
      }
    },
  };
}

async function prepare(
  options: Parts,
  session: SessionRow,
  container: ContainerId,
  signal: AbortSignal,
): Promise<boolean> {
  const { store, clock, limits, progress } = options;
  try {
    const { root } = await withDeadline(clock, limits.prepareDeadlineMs, signal, (inner) =>
      callPrepare(options, session, container, inner),
    );
    await store.enter(session, 'ready', clock.now(), { root, attempts: 0 });
    progress.set(session.id, null);
    return true;
  } catch (error) {
    if (signal.aborted) throw error;
    return giveUp(options, session, container, error);
  }
}

async function callPrepare(
  { agents, projects, repositories, accounts, cache, progress, turns }: Parts,
  session: SessionRow,
  container: ContainerId,
  signal: AbortSignal,
) {
  progress.set(session.id, claimed);
  const user = await accounts.find(session.user);
  if (!user) throw fault('E_SESSION_PREPARE_FAILED', { reason: 'the account is gone' });
  const done = await turns.take(signal);
  try {
    await repositories.ensureProjectFiles(session.project, signal);
  } finally {
    done();
  }
  const grant = { session: session.id, epoch: session.epoch, user: user.id };
  const gitToken = await repositories.mintSessionToken({ ...grant, project: session.project });
  signal.throwIfAborted();
  const sessionCache = cache.ofSession(user.name);
  const params = {
    session: session.id,
    epoch: session.epoch,
    user,
    project: {
      owner: session.project.owner,
      name: session.project.name,
      board: session.project.board,
    },
    cloneUrl: projects.cloneUrl(session.project),
    gitToken,
    ...(sessionCache ? { cache: sessionCache } : {}),
    ticketKey: session.ticketKey ?? '',
  };
  return agents.prepare(container, params, signal);
}

/**
 * No acknowledgement: whatever the container did, it is never used again.
 * @returns whether there is more to do
 */
async function giveUp(
  { nodes, agents, logger, progress }: StepsOptions,
  session: SessionRow,
  container: ContainerId,
  error: unknown,
): Promise<boolean> {
  const row = await nodes.find(container);
  // Its agent talks to another FM, which prepares it.
  if (isFault(error, 'E_AGENT_UNREACHABLE') && row?.connected && !agents.isConnected(container)) {
    return false;
  }
  const reason = sentenceOf(error);
  logger.warn({ session: session.id, container, reason }, 'a container did not prepare');
  progress.set(session.id, stage('claim', `${reason} Trying another container.`));
  await nodes.quarantine(container, `${notPrepared}${reason}`);
  agents.cut(container);
  return true;
}

async function again(
  { store, clock, repositories, progress, onQueued }: StepsOptions,
  session: SessionRow,
  { attempts, moves }: Extract<Step, { kind: 'again' }>,
): Promise<boolean> {
  await repositories.revokeSessionTokens(session.id);
  const at = clock.now();
  const change = { container: null, attempts, moves, root: null, queuedAt: at };
  if (!(await store.enter(session, 'queued', at, change))) return true;
  if (moves > session.moves) {
    progress.set(session.id, stage('queue', 'Its container was lost; another one is taken.'));
  } else progress.changed(session.id);
  onQueued();
  return false;
}

async function fail(
  { store, clock, nodes, repositories, progress }: StepsOptions,
  session: SessionRow,
  code: 'E_SESSION_PREPARE_FAILED' | 'E_SESSION_CONTAINER_LOST',
): Promise<boolean> {
  const container = session.container ? await nodes.find(session.container) : null;
  const reason = (container?.reason ?? 'no container could be had')
    .replace(notPrepared, '')
    .replace(/\.$/, '');
  await repositories.revokeSessionTokens(session.id);
  const failure = fault(code, { reason }).body();
  await store.enter(session, 'failed', clock.now(), { failure });
  progress.set(session.id, null);
  return false;
}

async function close(
  { store, clock, nodes, agents, repositories, progress, logger, limits }: StepsOptions,
  session: SessionRow,
  container: ContainerId | null,
  signal: AbortSignal,
): Promise<boolean> {
  const reason = session.reason ?? 'closed';
  progress.set(session.id, stage('close', 'Your work is being saved.'));
  // Before it is prepared an agent has nothing to flush.
  if (container !== null && session.root !== null) {
    await withDeadline(clock, limits.closeDeadlineMs, signal, (inner) =>
      agents.close(container, reason, inner),
    ).catch((error: unknown) => {
      signal.throwIfAborted();
      logger.warn({ err: error, session: session.id }, 'an agent did not say that it has saved');
    });
  }
  await repositories.revokeSessionTokens(session.id);
  if (container !== null) {
    agents.cut(container);
    await nodes.release(container, `its session ended: ${reason}`);
  }
  await store.enter(session, 'closed', clock.now(), { container: null });
  progress.set(session.id, null);
  return false;
}

/** Why a container was given up; what follows is the agent's own reason. */
const notPrepared = 'it did not prepare: ';

function stage(name: string, message: string) {
  return { stage: name, message, fraction: null };
}

function sentenceOf(error: unknown): string {
  const known: Fault | null = isFault(error) ? error : null;
  if (known) return known.message;
  return error instanceof Error && error.name === 'DeadlinePassed'
    ? 'The agent did not answer in time.'
    : 'Something went wrong inside the product.';
}
