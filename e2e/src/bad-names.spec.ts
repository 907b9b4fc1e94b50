/** Sign-in, names and repositories as they should not be: in the pages, in `joh`, and over git. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createJoh } from './joh.ts';
import { enter, expectFault, newPerson } from './person.ts';
import { expect, test } from './product-test.ts';

const run = promisify(execFile);

test('a wrong password and a taken name are said in the form', async ({ page, product }) => {
  await newPerson(product.url, 'grace');
  await page.goto(`${product.url}/sign-in`);
  await page.getByLabel('E-mail').fill('grace@example.com');
  await page.getByLabel('Password').fill('not hers at all');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expectFault(
    page.getByRole('alert'),
    'E_ACCOUNT_PASSWORD_WRONG',
    /The e-mail address or the password is wrong/,
    /Nothing was changed/,
    /Check both and try again/,
  );
  await expect(page).toHaveURL(/\/sign-in/);

  await page.goto(`${product.url}/sign-up`);
  await page.getByLabel('E-mail').fill('another@example.com');
  await page.getByLabel('Name').fill('grace');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expectFault(
    page.getByRole('alert'),
    'E_ACCOUNT_NAME_TAKEN',
    /The name "grace" is taken/,
    /Nothing was created/,
    /Choose another name/,
  );
  // The form keeps what was typed, so that only the name has to be changed.
  await page.getByLabel('Name').fill('grace-2');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.waitForURL('**/projects');
});

test('names with odd characters are refused with their rule, wherever they come in', async ({
  page,
  product,
}) => {
  const person = await newPerson(product.url, 'linus');
  const joh = await createJoh(product.url);
  try {
    const odd = [
      '',
      'A',
      'a b',
      '-a',
      'a-',
      'a--b',
      '../etc',
      'a/b',
      'a%2f',
      'ä',
      'a\0',
      'x'.repeat(40),
    ];
    for (const name of [...odd, '<script>', '.git', 'a.git', "a'; drop table"]) {
      const made = await person.call('POST', '/api/projects', { name, template: 'empty' });
      expect([name, made.status, made.body.error.code]).toEqual([name, 400, 'E_REQUEST_INVALID']);
      expect(made.body.error.message).toContain('name: use 1 to 39 lower-case letters');
      const signUp = { email: 'odd@example.com', password: 'correct horse battery', name };
      const account = await person.call('POST', '/api/auth/sign-up', signUp);
      expect([name, account.status]).toEqual([name, 400]);
    }
    expect((await person.client.projects.list()).projects).toEqual([]);

    const login = ['login', '--email', person.email, '--password-stdin'];
    const wrong = await joh.run(login, 'not his at all\n');
    expect(wrong).toMatchObject({ code: 1, output: '' });
    expect(wrong.errors).toContain('(E_ACCOUNT_PASSWORD_WRONG)');
    expect(await joh.run(login, `${person.password}\n`)).toMatchObject({ code: 0 });
    const refused = await joh.run(['new', 'My Project!', '--template', 'empty', '--json']);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.output).error).toMatchObject({
      code: 'E_REQUEST_INVALID',
      kept: 'Nothing was changed.',
    });
    expect(refused.errors).toContain('single hyphens, starting with a letter or digit');
    const noTemplate = await joh.run(['new', 'fine', '--template', 'vivado']);
    expect(noTemplate.errors).toMatch(/no template "vivado"[\s\S]*icebreaker-blinky/);
  } finally {
    await joh.remove();
  }

  // The form says the rule before it sends anything.
  await enter(page, product.url, person);
  await page.goto(`${product.url}/projects`);
  await page.getByLabel('Name').fill('My Project!');
  await page.getByRole('button', { name: 'Create and open' }).click();
  const rule = page.getByLabel('Name').and(page.locator(':invalid'));
  await expect(rule).toHaveAttribute('title', /Lower-case letters, digits and hyphens/);
  await expect(page).toHaveURL(/\/projects$/);
});

test('a repository that lacks shell.nix and default.nix gets them, and nothing else is touched', async ({
  product,
}) => {
  const person = await newPerson(product.url, 'bare');
  const { cloneUrl } = await person.client.projects.create({
    name: 'mine',
    template: 'icebreaker-blinky',
  });
  const folder = await mkdtemp(join(tmpdir(), 'joh-clone-'));
  const url = cloneUrl.replace('//', `//${person.name}:${encodeURIComponent(person.password)}@`);
  const git = async (...args: string[]) => {
    const quiet = ['-c', 'user.name=Bare', '-c', 'user.email=bare@example.com'];
    const env = { ...process.env, GIT_TERMINAL_PROMPT: '0' };
    return (await run('git', ['-C', folder, ...quiet, ...args], { env })).stdout.trim();
  };
  const openAndClose = async () => {
    const { id } = await person.client.sessions.create({ project: 'bare/mine' });
    await person.client.sessions.waitUntilReady(id, { deadlineMs: 60_000 });
    await person.client.sessions.remove(id);
    await git('pull', '-q', '--ff-only');
  };
  try {
    await git('clone', '-q', url, '.');
    await git('rm', '-q', 'shell.nix', 'default.nix', 'README.md');
    await writeFile(join(folder, 'src/top.v'), '// mine alone\n');
    await git('commit', '-qam', 'Nothing of the template');
    await git('push', '-q');
    const before = await git('rev-parse', 'HEAD');

    await openAndClose();
    expect(await git('rev-parse', 'HEAD~1')).toBe(before);
    expect(await git('diff', '--name-status', 'HEAD~1', 'HEAD')).toBe(
      'A\tdefault.nix\nA\tshell.nix',
    );
    expect(await git('log', '-1', '--format=%s')).toBe('Add default.nix and shell.nix');

    await writeFile(join(folder, 'shell.nix'), '# my own shell\n');
    await git('rm', '-q', 'default.nix');
    await git('commit', '-qam', 'My own shell');
    await git('push', '-q');
    await openAndClose();
    expect(await git('diff', '--name-status', 'HEAD~1', 'HEAD')).toBe('A\tdefault.nix');
    expect(await readFile(join(folder, 'shell.nix'), 'utf8')).toBe('# my own shell\n');

    const whole = await git('rev-parse', 'HEAD');
    await openAndClose();
    expect(await git('rev-parse', 'HEAD')).toBe(whole);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
