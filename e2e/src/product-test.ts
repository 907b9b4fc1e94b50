/** Playwright's `test` with a running product; each worker has one per engine. */

import { type Product, startProduct } from '@joh/testkit';
import { test as base } from '@playwright/test';
import { startDockerProduct } from './docker-product.ts';
import { cloudPlace, desktopPlace, type Place } from './place.ts';
import { startRackProduct } from './rack-product.ts';

export interface ProductOptions {
  /** `desktop`: the agent of this computer, without any. `cluster`: Docker hosts that joined; `swarm`: a Swarm. FrontendMaster's machine is none of them. */
  engine: 'local' | 'docker' | 'cluster' | 'swarm' | 'desktop';
}

const start: Record<ProductOptions['engine'], () => Promise<Product | null>> = {
  local: () => startProduct({ JOH_ENGINE: 'local' }),
  docker: startDockerProduct,
  cluster: () => startRackProduct('docker'),
  swarm: () => startRackProduct('swarm'),
  // There is no FrontendMaster.
  desktop: async () => null,
};

export const test = base.extend<
  { place: Place },
  ProductOptions & { frontend: Product | null; product: Product }
>({
  engine: ['local', { option: true, scope: 'worker' }],
  place: async ({ page, frontend }, use) => {
    await use(frontend ? cloudPlace(page, frontend) : desktopPlace(page));
  },
  product: [
    async ({ frontend }, use) => {
      if (!frontend) throw new Error('this test is of FrontendMaster, and there is none');
      await use(frontend);
    },
    { scope: 'worker' },
  ],
  frontend: [
    async ({ engine }, use) => {
      const product = await start[engine]();
      let isUsed = false;
      try {
        await use(product);
        isUsed = true;
      } finally {
        // Where the test failed already, its own words matter more than what stopping says.
        await product?.stop().catch((error: unknown) => {
          if (isUsed) throw error;
        });
      }
    },
    { scope: 'worker', timeout: 600_000 },
  ],
});

export { expect } from '@playwright/test';
