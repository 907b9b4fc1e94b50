/** Playwright's `test` with a running product; each worker has one per engine. */
import { test as base } from '@playwright/test';
import { type Product, startProduct } from './product.ts';

export interface ProductOptions {
  engine: 'local' | 'docker';
}

export const test = base.extend<object, ProductOptions & { product: Product }>({
  engine: ['local', { option: true, scope: 'worker' }],
  product: [
    async ({ engine }, use) => {
      const host = engine === 'docker' ? await startDockerHost() : null;
      try {
        const product = await startProduct({ JOH_ENGINE: engine, ...host?.environment });
        await use(product);
        await product.stop();
      } finally {
        await host?.stop();
      }
    },
    { scope: 'worker', timeout: 600_000 },
  ],
});

/** A Docker engine of our own with the session image; imported late, since the local engine needs none. */
async function startDockerHost(): Promise<{
  environment: Record<string, string>;
  stop(): Promise<void>;
}> {
  throw new Error('not wired');
}

export { expect } from '@playwright/test';
