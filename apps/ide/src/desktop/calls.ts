/** The agent's calls for pages as functions. */
import {
  type DesktopCall,
  type DesktopParams,
  type DesktopResult,
  desktopCalls,
  fault,
  faultBody,
  faultOf,
} from '@joh/protocol';

/** Rejects with the agent's fault, or with `E_AGENT_UNREACHABLE`. */
export type Calls = <K extends DesktopCall>(
  call: K,
  params: DesktopParams<K>,
  options?: { isLast?: boolean },
) => Promise<DesktopResult<K>>;

/** A page that is being left may send this much, and no more (Fetch, "keepalive"). */
const lastBytesMax = 60_000;
const callMs = 30_000;
/** These wait for a person, or for a network. */
const patient: readonly DesktopCall[] = [
  'chooseFolder',
  'installUdevRules',
  'installUpdate',
  'signIn',
  'clone',
];

export function createCalls(secret: string): Calls {
  return async (call, params, options = {}) => {
    const body = JSON.stringify(params);
    const response = await fetch(`/desktop/${call}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body,
      keepalive: options.isLast === true && body.length < lastBytesMax,
      signal: patient.includes(call) ? null : AbortSignal.timeout(callMs),
    }).catch((cause: unknown) => {
      throw fault('E_AGENT_UNREACHABLE', { code: 0 }, { cause });
    });
    const answer: unknown = await response.json().catch(() => null);
    if (!response.ok) {
      const { error } = (answer ?? {}) as { error?: unknown };
      throw faultBody.safeParse(error).success
        ? faultOf(error)
        : fault('E_INTERNAL', { reference: `${call}: ${response.status}` });
    }
    const parsed = desktopCalls[call].result.safeParse(answer);
    if (!parsed.success) throw fault('E_INTERNAL', { reference: `answer of ${call}` });
    return parsed.data as never;
  };
}
