/** `test` with a product on a machine whose Nix has packages; the files that use it share one. */
import { nixPackages, startProduct } from '@joh/testkit';
import { test as base } from './product-test.ts';

export const test = base.extend<object, object>({
  product: [
    async ({ browserName: _ }, use) => {
      const product = await startProduct({
        JOH_ENGINE: 'local',
        NIX_PATH: `nixpkgs=${await nixPackages()}`,
        NIX_CONFIG: 'sandbox = false\nbuild-users-group =\nsubstituters =',
      });
      try {
        await use(product);
      } finally {
        await product.stop();
      }
    },
    { scope: 'worker', timeout: 300_000 },
  ],
});

export { expect } from './product-test.ts';
