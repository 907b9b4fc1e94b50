/** Parts of the IDE's page that do not arrive, as when the network of the computer changes. */
import { idePage } from './ide-page.ts';
import { loseRequests } from './lost-requests.ts';
import { enter, newPerson } from './person.ts';
import { expect, test } from './product-test.ts';

test('a part of the page that does not arrive is fetched again', async ({ page, product }) => {
  const person = await newPerson(product.url, 'loading');
  const { session } = await person.openProject('blinky');
  await enter(page, product.url, person);
  const ide = `${product.url}/ide/${session}`;
  // The entry, what it imports, the workbench, its services and styles, and the first question of all.
  const parts = [
    /assets\/index-[^/]*\.js$/,
    /assets\/visited-[^/]*\.js$/,
    /assets\/main-[^/]*\.js$/,
    /assets\/services-[^/]*\.(js|css)$/,
    /\/api\/sessions\/session_\w+$/,
  ];
  for (const part of parts) {
    await test.step(String(part), async () => {
      const tab = await page.context().newPage();
      // A preload does not count: the page asks once more when it needs it.
      const lost = await loseRequests(tab, part, 2);
      await tab.goto(ide);
      await expect(tab.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible();
      expect(lost()).toBe(2);
      await tab.close();
    });
  }

  await test.step('what never arrives is said, with the way on', async () => {
    await loseRequests(page, /assets\/main-[^/]*\.js$/, Number.POSITIVE_INFINITY);
    await page.goto(ide);
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('A part of the page did not arrive.');
    await expect(alert).toContainText('what you typed is kept');
    await page.unrouteAll();
    await alert.getByRole('link', { name: 'Load the page again' }).click();
    await expect(page.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible();
  });

  await test.step('once the workbench shows, it says so and loads nothing by itself', async () => {
    await idePage(page).openFile('README.md');
    await page.evaluate(() => window.dispatchEvent(new Event('vite:preloadError')));
    const said = page.locator('.notification-toast', { hasText: 'did not arrive' });
    await expect(said).toContainText('Check the network');
    await said.getByRole('button', { name: 'Load Again' }).click();
    await expect(page.locator('.tab.active[data-resource-name="README.md"]')).toBeVisible();
    await expect(said).toBeHidden();
  });
  await person.closeSession(session);
});
