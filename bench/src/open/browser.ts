import { join } from 'node:path';
import { temporaryFolder } from '@joh/testkit';
import { type BrowserContext, chromium } from 'playwright-core';
import type { BenchContext } from '../bench.ts';
import { requireProgram } from '../child.ts';
import type { Product } from './product.ts';

export interface Browser {
  context: BrowserContext;
  /** Ends it and forgets its profile. */
  close(): Promise<void>;
}

/** Chromium with an empty profile on disk, signed in. Needs Debian's `chromium`. */
export async function startBrowser(
  { cleanUp }: BenchContext,
  { url, person }: Product,
): Promise<Browser> {
  const executablePath = process.env.JOH_CHROMIUM ?? requireProgram('chromium', 'chromium');
  const profile = await temporaryFolder('joh-bench');
  cleanUp(profile.remove);
  const context = await chromium.launchPersistentContext(profile.path, {
    executablePath,
    viewport: { width: 1400, height: 900 },
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  cleanUp(() => context.close());
  await context.addInitScript({ path: join(import.meta.dirname, 'page-marks.js') });
  const signedIn = await context.request.post(`${url}/api/auth/sign-in`, {
    data: person,
    headers: { origin: url },
  });
  if (!signedIn.ok()) throw new Error(`sign-in answered ${signedIn.status()}`);
  return {
    context,
    async close() {
      await context.close();
      await profile.remove();
    },
  };
}
