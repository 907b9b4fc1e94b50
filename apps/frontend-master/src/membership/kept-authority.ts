import { type Authority, createAuthority, type StoredAuthority } from '@joh/authority';
import type { Clock, Random } from '@joh/clock';
import type { DataDirectory } from '#platform';

/** FM's own certificate authority: made once, and kept in the data directory (mode 0600). */
export function openAuthority(options: {
  data: Pick<DataDirectory, 'kept'>;
  clock: Clock;
  random: Random;
}): Authority {
  const text = options.data.kept('authority.json', () => {
    const { key, certificate } = createAuthority(options);
    return JSON.stringify({ key, certificate } satisfies StoredAuthority);
  });
  return createAuthority({ ...options, stored: JSON.parse(text) as StoredAuthority });
}
