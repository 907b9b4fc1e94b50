/** What is asked about containers, without changing any. */

import type { ListedContainer } from './answers.ts';
import {
  type InspectedContainer,
  inspectedContainer,
  inspectedImage,
  listedContainers,
} from './answers.ts';
import type { EngineApi } from './engine-api.ts';
import { refusal } from './network.ts';
import { hasNixStore } from './nix-store.ts';

export interface Queries {
  /** By name or Docker's id; null when there is none. */
  inspect(container: string, signal: AbortSignal): Promise<InspectedContainer | null>;
  /** Running or not, with a label (`name` or `name=value`). */
  labelledWith(label: string, signal: AbortSignal): Promise<ListedContainer[]>;
  /** Whether an image has a Nix store to add to; one that is not there has none. */
  hasNix(image: string, signal: AbortSignal): Promise<boolean>;
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
    async hasNix(image, signal) {
      const path = `/images/${encodeURIComponent(image)}/json`;
      const found = await api.call('GET', path, { signal, timeoutMs });
      if (found.status !== 200) return false;
      return hasNixStore(inspectedImage.parse(found.body).Config?.Env ?? []);
    },
  };
}
