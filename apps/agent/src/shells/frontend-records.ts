/** Records of shells that FrontendMaster keeps for the user's other containers. */
import { type ShellRecord, shellRecords } from '@joh/protocol';
import { limits } from '#limits';
import type { NixFrontend } from '#nix';
import { sha256 } from './input-digests.ts';
import { isShareable } from './shell-record.ts';

export interface FrontendRecords {
  /** Those of the user and of the base; none when FrontendMaster does not answer in time. */
  list(place: string, signal: AbortSignal): Promise<ShellRecord[]>;
  /** Gives it to the user's other containers when it may leave this one. Never rejects. */
  offer(place: string, record: ShellRecord): Promise<void>;
}

export function createFrontendRecords(options: {
  frontend: () => NixFrontend | null;
  log: (text: string) => void;
}): FrontendRecords {
  const { frontend, log } = options;
  const ask = async (
    place: string,
    init: { method: string; body?: string; signal?: AbortSignal },
  ) => {
    const to = frontend();
    if (!to) return null;
    const deadline = AbortSignal.timeout(limits.shellFrontendMs);
    const response = await fetch(`${to.url}/shells/${to.namespace}/${sha256(place)}`, {
      ...init,
      headers: {
        authorization: to.authorization(),
        ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      redirect: 'error',
      signal: init.signal ? AbortSignal.any([init.signal, deadline]) : deadline,
    });
    if (!response.ok) throw new TypeError(`FrontendMaster answered ${response.status}`);
    return response;
  };
  return {
    list: async (place, signal) => {
      try {
        const response = await ask(place, { method: 'GET', signal });
        return response ? shellRecords.parse(await response.json()).records : [];
      } catch (error) {
        signal.throwIfAborted();
        log(`shell: no records from FrontendMaster: ${error}`);
        return [];
      }
    },
    offer: async (place, record) => {
      const body = JSON.stringify(record);
      if (!isShareable(record) || Buffer.byteLength(body) > limits.shellRecordBytesMax) return;
      await ask(place, { method: 'PUT', body }).catch((error: unknown) =>
        log(`shell: FrontendMaster did not take the record: ${error}`),
      );
    },
  };
}
