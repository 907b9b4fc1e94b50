/** A link as its user sees it: the endpoint's channels and the states. */
import type { Endpoint } from './endpoint.ts';
import type { Link } from './link.ts';
import type { States } from './states.ts';

export function linkView(
  endpoint: Pick<Endpoint, 'open' | 'onChannel' | 'rttMs'>,
  states: States,
  close: Link['close'],
): Link {
  return {
    open: endpoint.open,
    onChannel: endpoint.onChannel,
    get state() {
      return states.state;
    },
    get detail() {
      return states.detail;
    },
    onState: states.listen,
    rttMs: endpoint.rttMs,
    close,
  };
}
