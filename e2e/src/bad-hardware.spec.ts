/** Builds that fail and bitstreams for another device, in the IDE and in `joh`. */
import { join } from 'node:path';
import { createJoh } from './joh.ts';
import { enter, newPerson } from './person.ts';
import { expect, test } from './product-test.ts';
import { root } from './root.ts';

test.use({ actionTimeout: 20_000 });
test.setTimeout(120_000);

const otherDevice = join(root, 'packages/bitstream/fixtures/hx8k-memory.bin');

test('a failed build says what the tool said, and a bitstream for another device is refused', async ({
  page,
  product,
}) => {
  const person = await newPerson(product.url, 'builder');
  const { session } = await person.openProject('blinky');
  const joh = await createJoh(product.url);
  await joh.run(['login', '--email', person.email, '--password-stdin'], `${person.password}\n`);
  try {
    await test.step('joh: the tool’s message with file and line, exit code 1', async () => {
      const broken = "sed -i '31s/.*/  reg [1:0] button = 2;;b00;/' src/top.v";
      expect(await joh.run(['exec', session, '--', 'sh', '-c', broken])).toMatchObject({ code: 0 });
      const failed = await joh.run(['build', session, '--json']);
      expect(failed.code).toBe(1);
      const answer = JSON.parse(failed.output.trim().split('\n').at(-1) ?? '');
      expect(answer.error.code).toBe('E_BUILD_FAILED');
      expect(answer.problems[0]).toMatchObject({
        path: expect.stringMatching(/\/src\/top\.v$/),
        line: 31,
        severity: 'error',
        source: 'yosys',
        message: expect.stringContaining('syntax error'),
      });
      const plain = await joh.run(['build', session]);
      expect(plain).toMatchObject({ code: 1 });
      expect(plain.output).toMatch(/src\/top\.v:31[^\n]*error: syntax error[^\n]*\[yosys\]/);
    });

    await test.step('the IDE: in the Problems pane and in the Build view', async () => {
      await enter(page, product.url, person);
      await page.goto(`${product.url}/ide/${session}`);
      await expect(page.getByRole('treeitem', { name: 'icebreaker.pcf' })).toBeVisible();
      await page.keyboard.press('Control+Shift+B');
      const view = page.getByTestId('build-view');
      await expect(view.getByRole('alert')).toContainText('failed', { timeout: 60_000 });
      const problem = page.getByTestId('build-problems').getByRole('button').first();
      await expect(problem).toContainText('syntax error');
      await expect(problem).toContainText('top.v:31');
      // The list leads to the place.
      await problem.click();
      await expect(page.locator('.tab.active[data-resource-name="top.v"]')).toBeVisible();
      await expect(page.getByRole('button', { name: /Ln 31, Col/ })).toBeVisible();
      await page.keyboard.press('Control+Shift+M');
      const row = page.locator('.markers-panel .monaco-list-row', { hasText: 'syntax error' });
      await expect(row.first()).toContainText('yosys');
      await expect(row.first()).toContainText('Ln 31');
    });

    await test.step('a bitstream for another device is refused before anything is sent', async () => {
      await joh.run(['exec', session, '--', 'git', 'checkout', '-q', 'src/top.v']);
      await page.keyboard.press('Control+Shift+B');
      await expect(page.getByTestId('build-state')).toContainText(/Built in/, { timeout: 90_000 });
      await page.getByTestId('build-view').getByRole('button', { name: 'Program a board' }).click();
      const file = page.locator('.joh-board-bitstream .joh-file span[title]');
      const target = (await file.getAttribute('title')) ?? '';
      expect(target).toMatch(/\.bin$/);
      // The file changes behind the view's back: the bytes themselves decide.
      expect(await joh.run(['cp', otherDevice, `${session}:${target}`])).toMatchObject({ code: 0 });
      await page.getByTestId('board-program').click();
      const alert = page.getByTestId('board-result').getByRole('alert');
      await expect(alert).toContainText('The bitstream is for iCE40 HX8K/LP8K');
      await expect(alert).toContainText('the board has iCE40 UP5K');
      await expect(alert).toContainText('Nothing was sent to the board.');
      await expect(alert).toContainText('rebuild for iCE40 UP5K');

      const refused = await joh.run(['program', session, target, '--board', 'sim:icebreaker']);
      expect(refused.code).toBe(1);
      expect(refused.errors).toMatch(/HX8K\/LP8K[\s\S]*UP5K[\s\S]*Nothing was sent/);
      expect(refused.errors).toContain('(E_BITSTREAM_OTHER_DEVICE)');
      const noBoard = await joh.run(['program', session, target, '--board', 'sim:arty']);
      expect(noBoard.errors).toMatch(/no board "sim:arty"[\s\S]*sim:icebreaker/);
    });
  } finally {
    await person.client.sessions.remove(session);
    await joh.remove();
  }
});
