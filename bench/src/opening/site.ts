import { createFrontendClient, type FrontendClient } from '@joh/client';
import type { ContainerClass } from '@joh/protocol';
import type { BenchContext } from '../bench.ts';

/** A FrontendMaster that people use: over a rack of simulated agents, or over real containers. */
export interface Site {
  url: string;
  /** A user of their own, signed in. */
  signUp(name: string): Promise<{ client: FrontendClient; token: string }>;
  /** Warm containers of a class; default: standard. */
  warm(client: FrontendClient, kind?: ContainerClass): Promise<number>;
}

const password = 'correct horse battery';

/** The same for every FrontendMaster that listens at `url`. */
export function createSite({ clock }: BenchContext, url: string): Site {
  return {
    url,
    async signUp(name) {
      const client = createFrontendClient({
        ...{ url, clock, token: null },
        fetch: (to, init) => fetch(to, init),
      });
      const { token } = await client.signUp({ name, email: `${name}@example.com`, password });
      return { client, token };
    },
    async warm(client, kind = 'standard') {
      const { classes } = await client.pool();
      return classes.find((row: (typeof classes)[number]) => row.class === kind)?.warm ?? 0;
    },
  };
}
