/** The desktop and FrontendMaster: signing in by the browser, cloning, pushing back. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@joh/testkit';
import { startDesktopAgent } from './desktop-agent.ts';
import { trustFolder } from './desktop-pages.ts';
import { idePage } from './ide-page.ts';
import { enter, newPerson } from './person.ts';
import { picture } from './picture.ts';
import { expect, test } from './product-test.ts';

test('a project of the cloud is cloned on the desktop, and pushed back', async ({
  page,
  context,
  product,
}) => {
  const person = await newPerson(product.url, 'desk');
  const { session } = await person.openProject('lamp');
  await person.client.sessions.remove(session);
  const home = await temporaryFolder('joh-home');
  const data = join(home.path, 'data');
  const agent = await startDesktopAgent({ data });
  try {
    const browser = await context.newPage();
    await enter(browser, product.url, person);
    await page.goto(agent.url);
    await page.getByLabel('Address of your Joy of Hardware').fill(product.url);
    await page.getByRole('button', { name: 'Sign in' }).click();
    // The shell shows the address in the system's browser, where the person is signed in.
    await expect.poll(() => agent.requests.at(-1)?.kind).toBe('open-external');
    const asked = agent.requests.at(-1);
    await browser.goto(asked?.kind === 'open-external' ? asked.url : '');
    await browser.getByRole('button', { name: 'Allow' }).click();
    const projects = page.getByTestId('cloud-projects');
    await expect(projects).toContainText('lamp');
    await picture(page, 'desktop-cloud');
    await page.getByLabel('Folder that clones go into').fill(home.path);
    await projects.getByRole('button', { name: 'lamp' }).click();
    await page.waitForURL('**/folder/*');
    await trustFolder(page);
    const ide = idePage(page);
    await ide.inTerminal(
      'git -c user.name=desk -c user.email=desk@example.org commit -q --allow-empty -m "From the desktop" && git push -q && echo pushed-$((40+2))',
    );
    await expect(ide.terminal).toContainText('pushed-42');

    const lamp = join(home.path, 'lamp');
    const token = JSON.parse(readFileSync(join(data, 'cloud.json'), 'utf8')).token as string;
    expect(readFileSync(join(lamp, '.git/config'), 'utf8')).not.toContain(token);
    for (const name of ['cloud.json', 'cloud.gitconfig'])
      expect(statSync(join(data, name)).mode & 0o077).toBe(0);
    // A second clone changes nothing of the first.
    await page.goto(`${agent.url.split('#')[0]}start`);
    writeFileSync(join(lamp, 'mine.txt'), 'mine');
    await page.getByLabel('Folder that clones go into').fill(home.path);
    await projects.getByRole('button', { name: 'lamp' }).click();
    await expect(page.getByTestId('start-problem')).toContainText('lamp');
    expect(existsSync(join(lamp, 'mine.txt'))).toBe(true);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByLabel('Address of your Joy of Hardware')).toBeVisible();
    const push = () =>
      execFileSync('git', ['push', '-q'], { cwd: lamp, stdio: 'pipe', env: quiet });
    expect(push).toThrow();
  } finally {
    await agent.quit();
    await home.remove();
  }
});

const quiet = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true' };
