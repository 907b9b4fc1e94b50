/** A link's state and those who want to know. */
import type { LinkDetail, LinkState } from './link.ts';

export interface States {
  readonly state: LinkState;
  readonly detail: LinkDetail;
  set(state: LinkState, detail?: Partial<LinkDetail>): void;
  listen(listener: (state: LinkState, detail: LinkDetail) => void): void;
}

const calm: LinkDetail = { attempt: 0, nextRetryMs: null, code: null, fault: null };

/** Starts in `state`; `closed` is never left. */
export function createStates(state: LinkState): States {
  const listeners: ((state: LinkState, detail: LinkDetail) => void)[] = [];
  let current = state;
  let detail = calm;
  return {
    get state() {
      return current;
    },
    get detail() {
      return detail;
    },
    set: (next, some = {}) => {
      if (current === 'closed') return;
      current = next;
      detail = { ...calm, ...some };
      for (const listener of listeners) listener(current, detail);
    },
    listen: (listener) => void listeners.push(listener),
  };
}
