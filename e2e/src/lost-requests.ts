import type { Page } from '@playwright/test';

/** From now on the first `times` requests of an address end without an answer; the result counts them. */
export async function loseRequests(
  page: Page,
  address: RegExp,
  times: number,
): Promise<() => number> {
  let lost = 0;
  await page.route(address, async (route) => {
    if (lost >= times) return route.fallback();
    lost += 1;
    await route.abort('failed');
  });
  return () => lost;
}
