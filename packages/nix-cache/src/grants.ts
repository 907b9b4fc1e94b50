/** Who may do what: asked once, remembered for a moment, so that a thousand requests ask once. */
import type { Clock } from '@joh/clock';
import type { Fault } from '@joh/protocol';
import { type Credentials, parseCredentials } from './request.ts';

export interface WantedAccess {
  namespace: string;
  access: 'read' | 'write';
}

export interface Grants {
  /** Null when granted. */
  check(header: string | undefined, wanted: WantedAccess, address: string): Promise<Fault | null>;
  /** Reports whether it was granted a moment ago. */
  isGranted(header: string | undefined, wanted: WantedAccess): boolean;
  forget(): void;
}

export function createGrants(
  options: {
    clock: Clock;
    authorize(
      credentials: Credentials | null,
      wanted: WantedAccess,
      address: string,
    ): Promise<Fault | null> | Fault | null;
  },
  limits: { grantMemoryMs: number; grantsRememberedMax: number },
): Grants {
  const { clock } = options;
  /** Key → monotonic time until which it holds. */
  const granted = new Map<string, number>();
  /** Counts `forget`: what was asked before it is not remembered after it. */
  let forgotten = 0;
  const isGranted: Grants['isGranted'] = (header, wanted) => {
    const until = granted.get(keyOf(header, wanted));
    return until !== undefined && until > clock.monotonic();
  };
  return {
    isGranted,
    forget() {
      forgotten += 1;
      granted.clear();
    },
    async check(header, wanted, address) {
      if (isGranted(header, wanted)) return null;
      const asked = forgotten;
      const refusal = await options.authorize(parseCredentials(header), wanted, address);
      if (refusal || asked !== forgotten) return refusal;
      if (granted.size >= limits.grantsRememberedMax) granted.clear();
      granted.set(keyOf(header, wanted), clock.monotonic() + limits.grantMemoryMs);
      return null;
    },
  };
}

function keyOf(header: string | undefined, { namespace, access }: WantedAccess): string {
  return `${access} ${namespace} ${header ?? ''}`;
}
