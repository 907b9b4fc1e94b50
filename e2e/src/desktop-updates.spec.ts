/** A newer version of the desktop application: said quietly, installed when the user wants it. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeKey, startFakePublisher, temporaryFolder } from '@joh/testkit';
import { startDesktopAgent } from './desktop-agent.ts';
import { idePage } from './ide-page.ts';
import { picture } from './picture.ts';
import { expect, test } from './product-test.ts';

const [debian, kind] = process.arch === 'arm64' ? ['arm64', 'aarch64'] : ['amd64', 'x86_64'];
const name = `joy-of-hardware_7.0.0_${debian}.deb`;
const bytes = Buffer.from('the bytes of a package');

test('a newer version is shown, installed after a question, and runs after a restart', async ({
  page,
}) => {
  const { path, remove } = await temporaryFolder('joh-home');
  const publisher = await startFakePublisher();
  const key = fakeKey();
  const list = (signed: string) => {
    const signature = key.sign(bytes, signed);
    const entry = { url: `${publisher.url}/package.deb`, signature };
    return JSON.stringify({ version: '7.0.0', platforms: { [`linux-${kind}-deb`]: entry } });
  };
  const project = join(path, 'blinky');
  mkdirSync(project);
  writeFileSync(join(project, 'top.v'), 'module top; endmodule\n');
  const bin = join(path, 'bin');
  mkdirSync(bin);
  for (const [program, text] of [
    ['pkexec', 'exec "$@"'],
    ['apt-get', `for package; do :; done; cat "$package" > '${path}/installed'`],
  ] as const) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, program), 0o755);
  }
  const agent = await startDesktopAgent({
    data: join(path, 'data'),
    folder: project,
    environment: { PATH: `${bin}:${process.env.PATH}` },
    updates: { url: `${publisher.url}/latest.json`, key: key.line },
  });
  const ide = idePage(page);
  // An old package under a new number: nobody who did not ask hears of it.
  publisher.answer = (_, response) => void response.end(list(name.replace('7.0.0', '0.0.1')));
  await page.goto(agent.url);
  await page.getByRole('button', { name: 'Keep it restricted' }).click();
  await expect.poll(() => publisher.asked.length).toBe(1);
  await ide.command('Check for Updates');
  const notice = (text: string) => page.locator('.notification-list-item', { hasText: text });
  await expect(notice('was refused: its signature is for joy-of-hardware_0.0.1')).toBeVisible();
  const shown = page.locator('[id="joy-of-hardware.joh.update"]');
  await expect(shown).toHaveCount(0);

  publisher.answer = ({ url }, response) =>
    void response.end(url === '/package.deb' ? bytes : list(name));
  await ide.command('Check for Updates');
  const question = page.locator('.monaco-dialog-box');
  await expect(question).toContainText('Install version 7.0.0?');
  await picture(page, 'update');
  await question.getByRole('button', { name: 'Install' }).click();
  await expect(notice('Version 7.0.0 is installed')).toBeVisible();
  await expect(shown).toContainText('Restart to update');
  expect(readFileSync(join(path, 'installed'))).toEqual(bytes);
  await picture(page, 'updated');
  await page.getByRole('button', { name: 'Restart Now' }).click();
  await expect.poll(() => agent.requests.map(({ kind }) => kind)).toContain('restart');
  await agent.quit();
  await publisher.close();
  await remove();
});
