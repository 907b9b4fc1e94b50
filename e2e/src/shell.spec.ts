/** The project's shell on a machine with Nix: found out in the background, used, broken, and mended. */
import { idePage } from './ide-page.ts';
import { expect, test } from './nix-product-test.ts';
import { enter, newPerson } from './person.ts';
import { picture } from './picture.ts';

// Its packages are built by the first session that wants them, once a machine.
const evaluationMs = 120_000;
const openingMs = 60_000;
const broken = 'let broken = ; in ';

test('the shell of shell.nix is used, tells its errors, and is reloaded', async ({
  page,
  product,
}) => {
  const person = await newPerson(product.url, 'sheller');
  const { session } = await person.openProject('tools', 'empty');
  const ide = idePage(page);
  const status = ide.status('shell.state');
  const notice = (text: RegExp) => page.locator('.notification-toast', { hasText: text });
  const rows = page.locator('.xterm-rows').locator('visible=true').first();
  const type = async (line: string) => {
    await page.locator('.xterm').locator('visible=true').first().click();
    await page.keyboard.type(`${line}\n`);
  };
  try {
    await enter(page, product.url, person);
    await page.goto(`${product.url}/ide/${session}`);

    await test.step('a terminal is there before the shell is', async () => {
      await expect(rows).toContainText(/[$#] /, { timeout: openingMs });
      await expect(status).toHaveText(/shell\.nix/i);
      await picture(page, 'shell-evaluating');
      await expect(status).toHaveText('shell.nix', { timeout: evaluationMs });
    });

    await test.step('new terminals start in it', async () => {
      await ide.command('Terminal: Create New Terminal');
      await expect(rows).toContainText('[nix-shell]');
      await type('command -v yosys; echo shell is $IN_NIX_SHELL');
      await expect(rows).toContainText(/\/nix\/store\/\w{32}-yosys/);
      await expect(rows).toContainText('shell is impure');
      await picture(page, 'shell-terminal');
    });

    await test.step('an error is told at its line, and the shell from before is kept', async () => {
      await ide.openFile('shell.nix');
      await ide.editor.click();
      await page.keyboard.press('Control+Home');
      await page.keyboard.type(broken);
      await page.keyboard.press('Control+S');
      await expect(status).toHaveText('shell.nix changed');
      await picture(page, 'shell-changed');
      await notice(/shell\.nix changed/)
        .getByRole('button', { name: 'Reload Shell' })
        .click();
      await expect(status).toHaveText('shell.nix failed');
      await expect(
        notice(/shell\.nix:\d+:\d+: syntax error.*keep the shell from before/),
      ).toBeVisible();
      await picture(page, 'shell-failed');
      await notice(/syntax error/)
        .getByRole('button', { name: 'Show Output' })
        .click();
      await expect(page.locator('.output-view-content, .output-view')).toContainText(
        'syntax error',
      );
      await picture(page, 'shell-output');
    });

    await test.step('mended, the new shell is offered, and open terminals say that theirs is older', async () => {
      await ide.command('Terminal: Focus Terminal');
      await type(
        `git checkout -q shell.nix; sed -i 's/packages =/GREETING = "hi"; packages =/' shell.nix`,
      );
      await notice(/shell\.nix changed/)
        .getByRole('button', { name: 'Reload Shell' })
        .click();
      await expect(status).toHaveText('shell.nix');
      await expect(page.getByText('bash (old)').first()).toBeVisible();
      await picture(page, 'shell-older');
      await notice(/is ready/)
        .getByRole('button', { name: 'New Terminal' })
        .click();
      await expect(rows).toContainText('[nix-shell]');
      await type('echo greeting $GREETING');
      await expect(rows).toContainText('greeting hi');
      await picture(page, 'shell-mended');
    });
  } finally {
    await person.closeSession(session);
  }
});
