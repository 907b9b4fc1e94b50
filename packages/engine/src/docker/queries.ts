/** What is asked about containers, without changing any. */

import type { ListedContainer } from './answers.ts';
import { type InspectedContainer, inspectedContainer, listedContainers } from './answers.ts';
import type { EngineApi } from './engine-api.ts';
import { refusal } from './network.ts';

export interface Queries {
  /** By name or Docker's id; null when there is none. */
  inspect(container: string, signal: AbortSignal): Promise<InspectedContainer | null>;
  /** Running or not, with a label (`name` or `name=value`). */
  labelledWith(label: string, signal: AbortSignal): Promise<ListedContainer[]>;
}

/** Makes the questions; each is bounded by `timeoutMs`. */
export function createQueries(api: EngineApi, timeoutMs: number): Queries {
  return {
    async inspect(container, signal) {
      const found = await api.call('GET', `/containers/${container}/json`, { signal, timeoutMs });
      if (found.status === 404) return null;
      if (found.status !== 200) throw refusal('inspection', found);
      return inspectedContainer.parse(found.body);
    },
    async labelledWith(label, signal) {
      const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
      const path = `/containers/json?all=1&filters=${filters}`;
      const answer = await api.call('GET', path, { signal, timeoutMs });
      if (answer.status !== 200) throw refusal('the list of containers', answer);
      return listedContainers.parse(answer.body);
    },
  };
}
