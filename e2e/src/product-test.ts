/** Playwright's `test` with a running product; each worker has one per engine. */

import { type Product, startProduct } from '@joh/testkit';
import { test as base } from '@playwright/test';
import { startDockerProduct } from './docker-product.ts';
import { startRackProduct } from './rack-product.ts';

export interface ProductOptions {
  /** `cluster`: Docker hosts that joined; `swarm`: a Swarm. FrontendMaster's machine is none of them. */
  engine: 'local' | 'docker' | 'cluster' | 'swarm';
}

const start: Record<ProductOptions['engine'], () => Promise<Product>> = {
  local: () => startProduct({ JOH_ENGINE: 'local' }),
  docker: startDockerProduct,
  cluster: () => startRackProduct('docker'),
  swarm: () => startRackProduct('swarm'),
};

export const test = base.extend<object, ProductOptions & { product: Product }>({
  engine: ['local', { option: true, scope: 'worker' }],
  product: [
    async ({ engine }, use) => {
      const product = await start[engine]();
      let isUsed = false;
      try {
        await use(product);
        isUsed = true;
      } finally {
        // Where the test failed already, its own words matter more than what stopping says.
        await product.stop().catch((error: unknown) => {
          if (isUsed) throw error;
        });
      }
    },
    { scope: 'worker', timeout: 600_000 },
  ],
});

export { expect } from '@playwright/test';
