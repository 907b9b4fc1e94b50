import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { runGit } from '@joh/git-server';
import type { ProjectId, SessionId, UserId } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '#limits';
import { createHttp, createLogger, type Http, openStore, type Store } from '#platform';
import type { RepositoryFile } from './fast-import.ts';
import { headCommit } from './head-commit.ts';
import { repositoriesMigrations } from './migrations.ts';
import { repositoriesRoutes } from './routes.ts';
import { createRepositories, type Repositories } from './service.ts';

const id = 'project_0000000000000001' as ProjectId;
const session = 'session_0000000000000001' as SessionId;
const ada = { id: 'u1' as UserId, name: 'ada', email: 'ada@example.org' };
const deadline = () => AbortSignal.timeout(30_000);
const file = (path: string, text: string): RepositoryFile => ({
  path,
  content: Buffer.from(text),
  isExecutable: path.endsWith('.sh'),
});
const template = [
  file('README.md', '# ümläut\n'),
  file('shell.nix', '{ }\n'),
  file('default.nix', '{ }: 1\n'),
  file('src/a "b".v', 'module a; endmodule\n'),
  file('run.sh', '#!/bin/sh\n'),
];

describe('repositories with stock git', () => {
  let folder: TemporaryFolder;
  let store: Store;
  let http: Http;
  let repositories: Repositories;
  let pushed: ProjectId[];

  beforeEach(async () => {
    folder = await temporaryFolder('joh-repositories');
    const root = join(folder.path, 'git');
    await mkdir(root);
    const parts = {
      clock: systemClock(),
      random: systemRandom(),
      logger: createLogger({ level: 'silent' }),
    };
    store = await openStore({
      location: { file: ':memory:' },
      migrations: repositoriesMigrations,
      now: parts.clock.now,
    });
    repositories = createRepositories({
      ...parts,
      root,
      store,
      defaultFiles: async () => template,
      limits,
    });
    http = createHttp({ ...parts, publicUrl: undefined, limits });
    pushed = [];
    repositoriesRoutes(http, {
      ...parts,
      repositories,
      limits,
      accounts: {
        authenticate: async () => null,
        authenticateBasic: async (login, secret) =>
          secret === 'right'
            ? {
                ...ada,
                name: login,
                id: (login === 'ada' ? 'u1' : 'u2') as UserId,
                isOperator: false,
              }
            : null,
      },
      findProject: async (owner, name) =>
        owner === 'ada' && name === 'blinky' ? { id, user: ada.id } : null,
      onPushed: async (project) => void pushed.push(project),
    });
    await http.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    await http.close(AbortSignal.timeout(2_000));
    await repositories.stop();
    await store.close();
    await folder.remove();
  });

  const git = async (cwd: string, ...args: string[]) => {
    const name = {
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@b',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@b',
    };
    const env = { ...name, PATH: process.env.PATH, HOME: cwd, GIT_TERMINAL_PROMPT: '0' };
    const child = spawn('git', args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        text += chunk;
      });
    }
    const [exitCode] = await once(child, 'close');
    return { exitCode: exitCode as number, text };
  };
  const bare = (...args: string[]) =>
    runGit({ args, cwd: join(repositories.root, `${id}.git`), signal: deadline() });
  const url = (userinfo: string) =>
    `${http.publicUrl().replace('://', `://${userinfo}@`)}/git/ada/blinky.git`;

  it('start with the template in one commit of their owner, exactly', async () => {
    await repositories.create(id, template, ada);
    expect((await bare('log', '--format=%an <%ae> %s', 'main')).trim()).toBe(
      'ada <ada@example.org> Start of the project',
    );
    const list = await bare('ls-tree', '-r', '-z', 'main');
    expect(
      list
        .split('\0')
        .filter(Boolean)
        .map((line) => line.replace(/ blob \w+/, '')),
    ).toEqual(expect.arrayContaining(['100755\trun.sh', '100644\tsrc/a "b".v']));
    expect(await bare('show', 'main:README.md')).toBe('# ümläut\n');
    await bare('fsck', '--strict');
    expect(await readdir(repositories.root)).toEqual([`${id}.git`]);
  });

  it('get what a session needs, and are never overwritten', async () => {
    await repositories.ensureProjectFiles({ id }, deadline());
    expect(await bare('ls-tree', '--name-only', 'main')).toBe(
      'README.md\ndefault.nix\nrun.sh\nshell.nix\nsrc\n',
    );
    await repositories.ensureProjectFiles({ id }, deadline());
    expect((await bare('rev-list', '--count', 'main')).trim()).toBe('1');
    await repositories.remove(id);

    await repositories.create(id, [file('nix.shell', 'old'), file('default.nix', 'mine')], ada);
    await repositories.ensureProjectFiles({ id }, deadline());
    expect(await bare('ls-tree', '--name-only', 'main')).toBe('default.nix\nnix.shell\n');
    expect(await bare('show', 'main:default.nix')).toBe('mine');
    await repositories.remove(id);

    await repositories.create(id, [file('shell.nix', 'mine'), file('top.v', '')], ada);
    await repositories.ensureProjectFiles({ id }, deadline());
    expect(await bare('ls-tree', '--name-only', 'main')).toBe('default.nix\nshell.nix\ntop.v\n');
    expect(await bare('show', 'main:shell.nix')).toBe('mine');
    expect(await bare('log', '-1', '--format=%an: %s', 'main')).toBe(
      'Joy of Hardware: Add default.nix\n',
    );
  });

  it('are looked at again after each change of the default branch, loose or packed', async () => {
    const nix = [file('shell.nix', 'mine'), file('default.nix', 'mine')];
    await repositories.create(id, nix, ada);
    const at = join(repositories.root, `${id}.git`);
    const head = (await bare('rev-parse', 'main')).trim();
    expect(await headCommit(at)).toBe(head);
    await bare('pack-refs', '--all');
    expect(await headCommit(at)).toBe(head);
    await repositories.ensureProjectFiles({ id }, deadline());
    expect((await bare('rev-parse', 'main')).trim()).toBe(head);
    // The same branch without one of them: it is added again.
    const tree = (await bare('ls-tree', 'main')).replace(/^.*\tshell\.nix\n/m, '');
    const without = (
      await runGit({ args: ['mktree'], cwd: at, input: Buffer.from(tree), signal: deadline() })
    ).trim();
    const commit = (
      await bare(
        '-c',
        'user.name=a',
        '-c',
        'user.email=a@example.org',
        'commit-tree',
        '-p',
        head,
        '-m',
        'less',
        without,
      )
    ).trim();
    await bare('update-ref', 'refs/heads/main', commit);
    await repositories.ensureProjectFiles({ id }, deadline());
    expect(await bare('ls-tree', '--name-only', 'main')).toBe('default.nix\nshell.nix\n');
    await bare('update-ref', '-d', 'refs/heads/main');
    expect(await headCommit(at)).toBeNull();
  });

  it('are filled when they are still empty', async () => {
    const at = join(repositories.root, `${id}.git`);
    await runGit({
      args: ['init', '-q', '--bare', '-b', 'trunk', at],
      cwd: folder.path,
      signal: deadline(),
    });
    await repositories.ensureProjectFiles({ id }, deadline());
    expect(await bare('ls-tree', '--name-only', 'trunk')).toBe('default.nix\nshell.nix\n');
  });

  it('serve their owner and a session, and nobody else', async () => {
    await repositories.create(id, template, ada);
    const grant = { session, epoch: 1, user: ada.id, project: { id } };
    const token = await repositories.mintSessionToken(grant);
    const work = join(folder.path, 'work');
    expect(await git(folder.path, 'clone', '-q', url(`session:${token}`), work)).toMatchObject({
      exitCode: 0,
    });
    await writeFile(join(work, 'new.v'), 'module n; endmodule\n');
    await git(work, 'add', '.');
    await git(work, 'commit', '-q', '-m', 'new');
    expect(
      await git(work, 'push', '-q', 'origin', 'HEAD:main', 'HEAD:refs/snapshots/x'),
    ).toMatchObject({ exitCode: 0 });
    await waitFor(() => pushed.includes(id), { what: 'the push is noted' });
    const owner = await git(folder.path, 'ls-remote', url('ada:right'));
    expect(owner.text).toContain('refs/heads/main');
    expect(owner.text).not.toContain('refs/snapshots');

    const bob = await git(folder.path, 'ls-remote', url('bob:right'));
    expect(bob.text).toContain('There is no project "ada/blinky" that you can see.');
    expect((await git(folder.path, 'ls-remote', url('ada:wrong'))).text).toContain(
      'Authentication failed',
    );
    const elsewhere = url(`session:${token}`).replace('blinky', 'other');
    expect((await git(folder.path, 'ls-remote', elsewhere)).text).toContain('E_REPOSITORY_REFUSED');
    const cookie = await fetch(
      `${http.publicUrl()}/git/ada/blinky.git/info/refs?service=git-upload-pack`,
      {
        headers: { cookie: 'joh=anything' },
      },
    );
    expect(cookie.status).toBe(401);

    const newer = await repositories.mintSessionToken({ ...grant, epoch: 2 });
    const old = await git(work, 'push', 'origin', 'HEAD:main');
    expect(old.exitCode).not.toBe(0);
    expect(old.text).toContain('The session has moved to another container.');
    expect(await git(folder.path, 'ls-remote', url(`session:${newer}`))).toMatchObject({
      exitCode: 0,
    });
    await repositories.revokeSessionTokens(session);
    expect((await git(folder.path, 'ls-remote', url(`session:${newer}`))).text).toContain(
      'E_REPOSITORY_REFUSED',
    );
  });

  it('are cleared of what a crash left', async () => {
    await repositories.create(id, template, ada);
    const other = 'project_0000000000000002' as ProjectId;
    await repositories.create(other, template, ada);
    await mkdir(join(repositories.root, 'project_0000000000000003.git.half'));
    await mkdir(join(repositories.root, 'project_0000000000000004.git.gone'));
    await repositories.reconcile(async (one) => one === id);
    expect(await readdir(repositories.root)).toEqual([`${id}.git`]);
    await repositories.remove(id);
    await repositories.remove(id);
    expect(existsSync(join(repositories.root, `${id}.git`))).toBe(false);
  });
});
