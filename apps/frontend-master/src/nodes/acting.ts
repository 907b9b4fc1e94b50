import type { Clock } from '@joh/clock';
import type { ContainerId, NodeId } from '@joh/protocol';
import type { Logger } from '#platform';
import type { Effects } from './effects.ts';
import type { EventLog } from './events.ts';
import type { Failures } from './failures.ts';
import type { Container } from './model.ts';
import type { Action } from './plan.ts';
import type { NodeProfile } from './profile.ts';
import type { ContainerStore } from './store.ts';

export interface ActingOptions {
  store: ContainerStore;
  effects: Effects;
  events: Pick<EventLog, 'tell'>;
  failures: Pick<Failures, 'failed'>;
  clock: Clock;
  logger: Logger;
  profileOf(node: NodeId): NodeProfile | undefined;
  /** A container left the pool's hands: its row says `quarantined`. */
  onQuarantined(container: ContainerId, reason: string): void;
}

/** Carries out what the plan says, and tells why. */
export function createActing(options: ActingOptions) {
  const { store, effects, events, clock, logger } = options;
  return async (action: Action, rows: ReadonlyMap<ContainerId, Container>): Promise<void> => {
    if (action.kind === 'create') {
      const profile = options.profileOf(action.node);
      if (!profile) return;
      const container = await effects.create({ ...action, profile });
      const sentence = `A ${action.class} container is made on ${action.node}: ${action.reason}.`;
      events.tell({ kind: 'created', node: action.node, container, sentence });
    } else if (action.kind === 'destroy') {
      effects.destroy(action.container, action.node);
    } else if (action.kind === 'forget') {
      await store.destroyed(action.container, clock.now());
      const row = rows.get(action.container);
      if (!row) return;
      const sentence = `The ${row.class} container on ${row.node} is gone, and its place is free.`;
      events.tell({ kind: 'destroyed', node: row.node, container: row.id, sentence });
    } else {
      const { container, reason } = action;
      const row = rows.get(container);
      // Only from the state the plan saw: a claim in between wins.
      if (!row || !(await store.enter(container, 'quarantined', reason, [row.state]))) return;
      logger.info({ container, reason }, 'container given up');
      const what = row.state === 'claimed' ? 'The container of a session' : `A ${row.state} one`;
      events.tell({
        ...{ kind: 'given-up', node: row.node, container, session: row.session },
        sentence: `${what} on ${row.node} was given up: ${reason}.`,
      });
      if (action.isFailure) options.failures.failed({ ...row, reason });
      options.onQuarantined(container, reason);
    }
  };
}
